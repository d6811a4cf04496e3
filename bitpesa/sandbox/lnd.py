"""LND's face: the REST calls about hold invoices, with LND's status codes and words.

Source: lnd's REST gateway. Most refusals are gRPC "unknown", which is HTTP 500.
"""

import json
from collections.abc import AsyncGenerator, Callable
from hashlib import sha256

from bitpesa.sandbox import lnd_shapes
from bitpesa.sandbox.broken import lnd_error
from bitpesa.sandbox.clock import Clock
from bitpesa.sandbox.gate import Handler, Route
from bitpesa.sandbox.identity import Identity
from bitpesa.sandbox.invoice import FINAL, Invoice
from bitpesa.sandbox.invoices import InvoiceRefused, Invoices, UnknownInvoice
from bitpesa.sandbox.lnd_shapes import BadArgument
from bitpesa.sandbox.server import Request, Response, json_response

SUBSCRIBE_PATH = "/v2/invoices/subscribe/"
HEX_LOOK_UP_PATH = "/v1/invoice/"
DEFAULT_PAGE = 100
REMOTE_MSAT = 1_000_000_000_000


def absent(is_other_method: bool) -> Response:
    return lnd_error(501, 12, "Method Not Allowed") if is_other_method else lnd_error(404, 5, "Not Found")


class Lnd:
    def __init__(self, *, clock: Clock, identity: Identity, invoices: Invoices) -> None:
        self._clock = clock
        self._identity = identity
        self._invoices = invoices

    def routes(self) -> dict[str, Route]:
        guarded = self._guarded
        return {
            "GET /v1/getinfo": Route("lnd_info", guarded(self.info)),
            "POST /v2/invoices/hodl": Route("lnd_create", guarded(self.create), _about(_created)),
            "POST /v2/invoices/settle": Route("lnd_settle", guarded(self.settle), _about(_settled)),
            "POST /v2/invoices/cancel": Route("lnd_cancel", guarded(self.cancel), _about(_cancelled)),
            "GET /v2/invoices/lookup": Route("lnd_lookup", guarded(self.look_up), _about(_asked)),
            f"GET {HEX_LOOK_UP_PATH}*": Route("lnd_lookup", guarded(self.look_up_hex), _about(_asked_hex)),
            "GET /v1/invoices": Route("lnd_pending", guarded(self.list_invoices)),
            f"GET {SUBSCRIBE_PATH}*": Route("lnd_subscribe", guarded(self.subscribe), _about(_followed)),
            "GET /v1/balance/channels": Route("lnd_balance", guarded(self.balance)),
        }

    def _guarded(self, handler: Handler) -> Handler:
        """Check the macaroon, and turn the node's refusals into LND's answers."""

        async def answer(request: Request) -> Response:
            macaroon = request.headers.get("grpc-metadata-macaroon", "")
            if not macaroon:
                return lnd_error(500, 2, "expected 1 macaroon, got 0")
            if macaroon.lower() != self._identity.macaroon_hex:
                return lnd_error(500, 2, "verification failed: signature mismatch after caveat verification")
            try:
                return await handler(request)
            except BadArgument as error:
                return lnd_error(400, 3, str(error))
            except InvoiceRefused as error:
                return lnd_error(500, 2, str(error))

        return answer

    async def info(self, _: Request) -> Response:
        height = self._invoices.height
        return json_response(
            {
                "version": "0.21.0-beta sandbox",
                "commit_hash": "",
                "identity_pubkey": self._identity.node_id,
                "alias": "bitpesa-sandbox",
                "color": "#3399ff",
                "num_pending_channels": 0,
                "num_active_channels": 1,
                "num_inactive_channels": 0,
                "num_peers": 1,
                "block_height": height,
                "block_hash": sha256(f"block {height}".encode()).hexdigest(),
                "best_header_timestamp": str(int(self._clock.now().timestamp())),
                "synced_to_chain": True,
                "synced_to_graph": True,
                "testnet": False,
                "chains": [{"chain": "bitcoin", "network": "regtest"}],
                "uris": [],
                "features": {},
                "require_htlc_interceptor": False,
                "store_final_htlc_resolutions": False,
            }
        )

    async def create(self, request: Request) -> Response:
        invoice = self._invoices.create(lnd_shapes.wish_from_body(_body(request)))
        return json_response(
            {
                "payment_request": invoice.bolt11,
                "add_index": str(invoice.add_index),
                "payment_addr": lnd_shapes.to_base64(invoice.payment_secret),
            }
        )

    async def settle(self, request: Request) -> Response:
        lnd_shapes.refuse_unknown(_body(request), {"preimage"})
        self._invoices.settle(lnd_shapes.hash_from_body(_body(request), "preimage"))
        return json_response({})

    async def cancel(self, request: Request) -> Response:
        lnd_shapes.refuse_unknown(_body(request), {"payment_hash"})
        self._invoices.cancel(_cancelled(request))
        return json_response({})

    async def look_up(self, request: Request) -> Response:
        return self._shown(_asked(request))

    async def look_up_hex(self, request: Request) -> Response:
        return self._shown(_asked_hex(request))

    async def list_invoices(self, request: Request) -> Response:
        invoices = self._invoices.listed(
            only_pending=request.query.get("pending_only") == "true",
            after=_number(request, "index_offset", 0),
            limit=_number(request, "num_max_invoices", DEFAULT_PAGE) or DEFAULT_PAGE,
        )
        return json_response(
            {
                "invoices": [lnd_shapes.invoice_json(invoice) for invoice in invoices],
                "last_index_offset": str(invoices[-1].add_index if invoices else 0),
                "first_index_offset": str(invoices[0].add_index if invoices else 0),
            }
        )

    async def subscribe(self, request: Request) -> Response:
        """Stream the state now and every change, up to the last. An invoice that is still to come is waited for."""
        return Response(lines=self._changes(_followed(request)))

    async def balance(self, _: Request) -> Response:
        local_msat = self._invoices.settled_msat()
        return json_response(
            {
                "balance": str(local_msat // 1000),
                "pending_open_balance": "0",
                "local_balance": _amount(local_msat),
                "remote_balance": _amount(REMOTE_MSAT - local_msat),
                "unsettled_local_balance": _amount(0),
                "unsettled_remote_balance": _amount(0),
                "pending_open_local_balance": _amount(0),
                "pending_open_remote_balance": _amount(0),
                "custom_channel_data": "",
            }
        )

    def _shown(self, payment_hash: str) -> Response:
        invoice = self._invoices.find(payment_hash)
        if invoice is None:
            return lnd_error(404, 5, str(UnknownInvoice()))
        return json_response(lnd_shapes.invoice_json(invoice))

    async def _changes(self, payment_hash: str) -> AsyncGenerator[bytes, None]:
        queue = self._invoices.followers.add(payment_hash)
        try:
            invoice = self._invoices.find(payment_hash) or await queue.get()
            while invoice is not None:
                yield _line(invoice)
                if invoice.state in FINAL:
                    return
                invoice = await queue.get()
        finally:
            self._invoices.followers.remove(payment_hash, queue)


def _line(invoice: Invoice) -> bytes:
    return json.dumps({"result": lnd_shapes.invoice_json(invoice)}, separators=(",", ":")).encode() + b"\n"


def _body(request: Request) -> dict[str, object]:
    if request.fields is None:
        raise BadArgument("proto: syntax error (line 1:1): unexpected token")
    return request.fields


def _created(request: Request) -> str:
    return lnd_shapes.hash_from_body(_body(request), "hash").hex()


def _settled(request: Request) -> str:
    return sha256(lnd_shapes.hash_from_body(_body(request), "preimage")).hexdigest()


def _cancelled(request: Request) -> str:
    return lnd_shapes.hash_from_body(_body(request), "payment_hash").hex()


def _asked(request: Request) -> str:
    return lnd_shapes.hash_from_address(request.query.get("payment_hash", ""))


def _asked_hex(request: Request) -> str:
    text = request.path.removeprefix(HEX_LOOK_UP_PATH)
    try:
        content = bytes.fromhex(text)
    except ValueError as error:
        raise BadArgument(f"encoding/hex: {error}") from error
    if len(content) != 32:
        raise BadArgument(f"invalid hash length of {len(content)}, want 32")
    return content.hex()


def _followed(request: Request) -> str:
    return lnd_shapes.hash_from_address(request.path.removeprefix(SUBSCRIBE_PATH))


def _about(read: Callable[[Request], str]) -> Callable[[Request], str]:
    """For the log: the payment hash a request is about, or "" if it cannot be read."""

    def subject(request: Request) -> str:
        try:
            return read(request)
        except (BadArgument, InvoiceRefused):
            return ""

    return subject


def _number(request: Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, str(otherwise))
    if not text.isdecimal():
        raise BadArgument(f"type mismatch, parameter: {name}, error: parsing {text!r}: invalid syntax")
    return int(text)


def _amount(amount_msat: int) -> dict[str, str]:
    return {"sat": str(amount_msat // 1000), "msat": str(amount_msat)}
