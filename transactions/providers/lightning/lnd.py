"""LND over its REST interface: hold invoices, 64-bit integers as strings, bytes as standard base64.

Needs a macaroon for `invoices:read invoices:write info:read`, and no more than that.
Source: lnd 0.21, lnrpc/lightning.proto, lnrpc/invoicesrpc/invoices.proto, invoices/errors.go, rpcperms/interceptor.go.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from transactions.providers.base import NotFound, ProviderError, Rejected, Uncertain
from transactions.providers.http import Answer, HttpClient
from transactions.providers.lightning.base import (
    InvoiceReading,
    InvoiceState,
    LightningBackend,
    NewInvoice,
    NodeReading,
)

PAGE_SIZE = 1_000
MACAROON_HEADER = "Grpc-Metadata-macaroon"

_STATES = {
    "OPEN": InvoiceState.OPEN,
    "ACCEPTED": InvoiceState.HELD,
    "SETTLED": InvoiceState.SETTLED,
    "CANCELED": InvoiceState.CANCELLED,
}
#: Texts LND refuses with, whatever the HTTP status (mostly 500), and our word for each.
_REFUSALS = {
    "invoice with payment hash already exists": "exists",
    "invoice still open": "still_open",
    "invoice already canceled": "already_cancelled",
    "invoice already settled": "already_settled",
    "unable to locate invoice": "not_found",
    "there are no existing invoices": "not_found",
    "wallet locked": "locked",
    "wallet not created": "locked",
    "waiting to start": "starting",
    "in the process of starting up": "starting",
    "macaroon": "permission",
    "verification failed": "permission",
    "permission denied": "permission",
}
#: A no by its HTTP status alone. Not 404: on an unknown path it says nothing about an invoice.
_REFUSED_STATUSES = {400: "bad_request", 401: "permission", 403: "permission", 404: "no_such_call"}
#: Somebody has to unlock, wait or hand out a macaroon; the same call may succeed then.
_CURABLE = {"locked", "starting", "permission"}
#: Long runs of characters in an error text may be a credential or a preimage.
_LONG_RUN = re.compile(r"[\w+/=-]{32,}")


class LndBackend(LightningBackend):
    """One LND node."""

    name = "lnd"
    #: LND's `invoices.holdexpirydelta` (16 + 2)
    auto_cancel_blocks = 18

    def __init__(
        self,
        *,
        url: str,
        macaroon_hex: str,
        certificate_path: str | None = None,
        timeout_seconds: float = 10.0,
        connect_timeout_seconds: float = 3.0,
    ) -> None:
        if not url.startswith("https://"):
            raise ValueError("LND is only spoken to over https: every call carries a macaroon")
        if not re.fullmatch(r"(?:[0-9a-fA-F]{2})+", macaroon_hex):
            raise ValueError("a macaroon is given in hex")
        self._http = HttpClient(
            url,
            timeout_seconds=timeout_seconds,
            connect_timeout_seconds=connect_timeout_seconds,
            headers={MACAROON_HEADER: macaroon_hex},
            certificate_path=certificate_path,
        )

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._http.close()

    def _create(self, new: NewInvoice) -> str:
        order = {
            "hash": _base64(bytes.fromhex(new.payment_hash)),
            "value_msat": str(new.amount_msat),
            "memo": new.memo,
            "expiry": str(new.expiry_seconds),
            "cltv_expiry": str(new.cltv_expiry_blocks),
        }
        try:
            document = _document(self._http.act("/v2/invoices/hodl", order))
        except Rejected as refusal:
            if refusal.code != "exists":
                raise
            return self._read_existing(new.payment_hash)
        with _unreadable_is_uncertain():
            return _text(document["payment_request"])

    def _read_existing(self, payment_hash: str) -> str:
        """Return the BOLT 11 of an invoice the node says it has: an earlier create got through."""
        try:
            return self._lookup(payment_hash).bolt11
        except ProviderError as error:
            raise Uncertain("the invoice exists and could not be read back", code="exists") from error

    def _lookup(self, payment_hash: str) -> InvoiceReading:
        hash_hex = bytes.fromhex(payment_hash).hex()
        document = _document(self._http.read(f"/v1/invoice/{hash_hex}"))
        with _unreadable_is_uncertain():
            reading = _read_invoice(document)
        if reading.payment_hash != hash_hex:
            raise Uncertain("the node answered with another invoice", code="unreadable")
        return reading

    def _settle(self, preimage: bytes) -> None:
        try:
            _document(self._http.act("/v2/invoices/settle", {"preimage": _base64(preimage)}))
        except Rejected as refusal:
            if refusal.code != "already_settled":
                raise

    def _cancel(self, payment_hash: str) -> None:
        try:
            _document(self._http.act("/v2/invoices/cancel", {"payment_hash": _base64(bytes.fromhex(payment_hash))}))
        except Rejected as refusal:
            if refusal.code != "already_cancelled":
                raise

    def _pending(self) -> Sequence[InvoiceReading]:
        readings: list[InvoiceReading] = []
        offset, is_complete = 0, False
        while not is_complete:
            page, next_offset = self._read_page(offset)
            readings += page
            is_complete = not page or next_offset <= offset
            offset = next_offset
        return readings

    def _read_page(self, offset: int) -> tuple[list[InvoiceReading], int]:
        answer = self._http.read(
            "/v1/invoices", pending_only="true", index_offset=str(offset), num_max_invoices=str(PAGE_SIZE)
        )
        document = _document(answer)
        with _unreadable_is_uncertain():
            return [_read_invoice(invoice) for invoice in document["invoices"]], _int(document["last_index_offset"])

    def _node(self) -> NodeReading:
        document = _document(self._http.read("/v1/getinfo"))
        with _unreadable_is_uncertain():
            return NodeReading(
                identity=_text(document["identity_pubkey"]),
                block_height=_int(document["block_height"]),
                is_synced=document["synced_to_chain"] is True,
            )


def _document(answer: Answer) -> dict[str, Any]:
    """Return what the node answered. Raises Rejected or NotFound for a documented no, Uncertain for all else."""
    document = answer.document
    if document is None:
        raise Uncertain(f"HTTP {answer.status}, and not the node's JSON", code="unreadable")
    if answer.status == 200:
        return document
    message = document.get("message") or document.get("error")
    if not isinstance(message, str):
        raise Uncertain(f"HTTP {answer.status} without a reason", code="unreadable")
    raise _refusal(answer.status, message)


def _refusal(status: int, message: str) -> ProviderError:
    known = (code for text, code in _REFUSALS.items() if text in message)
    code = next(known, None) or _REFUSED_STATUSES.get(status)
    description = f"HTTP {status}: {_LONG_RUN.sub('…', message)[:200]}"
    if code is None:
        return Uncertain(description, code="unknown_error")
    if code == "not_found":
        return NotFound(description, code=code)
    return Rejected(description, code=code, is_curable=code in _CURABLE)


def _read_invoice(document: dict[str, Any]) -> InvoiceReading:
    state = _STATES[document["state"]]
    # Parts of a payment that is not complete are not a payment: the node may still fail them all back.
    htlcs = [] if state is InvoiceState.OPEN else document["htlcs"]
    arrived = [_int(htlc["accept_time"]) for htlc in htlcs if htlc["state"] in ("ACCEPTED", "SETTLED")]
    held = [_int(htlc["expiry_height"]) for htlc in htlcs if htlc["state"] == "ACCEPTED"]
    return InvoiceReading(
        payment_hash=b64decode(document["r_hash"], validate=True).hex(),
        state=state,
        amount_msat=_int(document["value_msat"]),
        # LND may go on showing what it gave back.
        received_msat=0 if state is InvoiceState.CANCELLED else _int(document["amt_paid_msat"]),
        bolt11=str(document["payment_request"]),
        accepted_at=datetime.fromtimestamp(max(arrived), UTC) if arrived else None,
        expiry_height=min(held, default=None),
    )


@contextmanager
def _unreadable_is_uncertain() -> Iterator[None]:
    """Whatever cannot be read in an answer says nothing about what the node did."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise Uncertain("the node's answer cannot be read", code="unreadable") from error


def _int(value: object) -> int:
    """Read an integer, given as a string or a number, and nothing that would have to be rounded."""
    return int(str(value))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("empty")
    return value


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
