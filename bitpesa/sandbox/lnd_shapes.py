"""LND's JSON: 64-bit integers are strings, bytes are base64 in bodies and base64url in addresses. Pure.

Source: lnd's REST gateway (protobuf JSON with snake_case names and zero values present).
"""

import re
from base64 import b64decode, b64encode, urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import datetime

from bitpesa.sandbox.invoice import Invoice, InvoiceWish
from bitpesa.sandbox.invoices import InvoiceRefused

MAX_EXPIRY_SECONDS = 365 * 86_400
DEFAULT_EXPIRY_SECONDS = 86_400
DEFAULT_CLTV, MIN_CLTV, MAX_CLTV = 80, 24, 65_535
MAX_MEMO_BYTES = 639
WISH_FIELDS = {
    *("hash", "value", "value_msat", "memo", "expiry", "cltv_expiry", "private", "description_hash"),
    *("fallback_addr", "route_hints"),
}
BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
BASE64URL = re.compile(r"[A-Za-z0-9_-]*={0,2}")


class BadArgument(Exception):
    """The request cannot be read as the message it should be: HTTP 400, code 3."""


def hash_from_body(fields: Mapping[str, object], name: str, size: int = 32) -> bytes:
    """Read 32 bytes of standard base64. Raises BadArgument or InvoiceRefused."""
    content = _bytes(fields.get(name, ""), name)
    if len(content) != size:
        raise InvoiceRefused(f"invalid {name} length of {len(content)}, want {size}")
    return content


def hash_from_address(text: str) -> str:
    """Read a payment hash in base64url, padded; returns hex. Standard base64 is refused."""
    try:
        content = urlsafe_b64decode(text) if BASE64URL.fullmatch(text) else None
    except Base64Error:
        content = None
    if content is None:
        raise BadArgument("type mismatch, parameter: payment_hash, error: illegal base64 data at input byte 0")
    if len(content) != 32:
        raise InvoiceRefused(f"invalid hash length of {len(content)}, want 32")
    return content.hex()


def wish_from_body(fields: Mapping[str, object]) -> InvoiceWish:
    """Read the terms of a hold invoice. Raises BadArgument or InvoiceRefused."""
    refuse_unknown(fields, WISH_FIELDS)
    memo = fields.get("memo", "")
    if not isinstance(memo, str):
        raise BadArgument("proto: invalid value for string field memo")
    if len(memo.encode()) > MAX_MEMO_BYTES:
        raise InvoiceRefused(f"memo too large: {len(memo.encode())} bytes (maxsize={MAX_MEMO_BYTES})")
    return InvoiceWish(
        payment_hash=hash_from_body(fields, "hash").hex(),
        value_msat=_value_msat(fields),
        memo=memo,
        description_hash=hash_from_body(fields, "description_hash").hex() if fields.get("description_hash") else "",
        expiry_seconds=_expiry_seconds(fields),
        cltv_expiry=_cltv_expiry(fields),
        is_private=fields.get("private") is True,
    )


def refuse_unknown(fields: Mapping[str, object], known: set[str]) -> None:
    unknown = sorted(set(fields) - known)
    if unknown:
        raise BadArgument(f'proto: (line 1:2): unknown field "{unknown[0]}"')


def _value_msat(fields: Mapping[str, object]) -> int:
    value, value_msat = _integer(fields, "value"), _integer(fields, "value_msat")
    if value and value_msat:
        raise InvoiceRefused("sat and msat arguments are mutually exclusive")
    amount_msat = value_msat or value * 1000
    if amount_msat < 0:
        raise InvoiceRefused(f"payments of negative value are not allowed, value is {amount_msat // 1000}")
    return amount_msat


def _expiry_seconds(fields: Mapping[str, object]) -> int:
    expiry_seconds = _integer(fields, "expiry") or DEFAULT_EXPIRY_SECONDS
    if not 0 < expiry_seconds <= MAX_EXPIRY_SECONDS:
        raise InvoiceRefused(
            f"expiry of {expiry_seconds} seconds greater than max expiry of {MAX_EXPIRY_SECONDS} seconds"
        )
    return expiry_seconds


def _cltv_expiry(fields: Mapping[str, object]) -> int:
    cltv_expiry = _integer(fields, "cltv_expiry") or DEFAULT_CLTV
    if cltv_expiry > MAX_CLTV:
        raise InvoiceRefused(f"CLTV delta of {cltv_expiry} is too large, max accepted is: {MAX_CLTV}")
    if cltv_expiry < MIN_CLTV:
        raise InvoiceRefused(f"CLTV delta of {cltv_expiry} must be greater than minimum of {MIN_CLTV}")
    return cltv_expiry


def _integer(fields: Mapping[str, object], name: str) -> int:
    value = fields.get(name, 0)
    if type(value) not in {int, str} or not re.fullmatch(r"-?\d{1,18}", str(value)):
        raise BadArgument(f"proto: invalid value for int64 field {name}: {value!r}")
    return int(str(value))


def _bytes(value: object, name: str) -> bytes:
    try:
        if isinstance(value, str) and BASE64.fullmatch(value):
            return b64decode(value, validate=True)
    except Base64Error:
        pass  # the same answer as for any other text that is no base64
    raise BadArgument(f"proto: invalid value for bytes field {name}: {value!r}")


def to_base64(hex_text: str) -> str:
    return b64encode(bytes.fromhex(hex_text)).decode()


def invoice_json(invoice: Invoice) -> dict[str, object]:
    """An invoice as every look-up shows it. What was given back is no longer `amt_paid`."""
    paid_msat = 0 if invoice.state == "CANCELED" else invoice.amt_paid_msat
    is_settled = invoice.state == "SETTLED"
    return {
        "memo": invoice.memo,
        "r_preimage": to_base64(invoice.preimage),
        "r_hash": to_base64(invoice.payment_hash),
        "value": str(invoice.value_msat // 1000),
        "value_msat": str(invoice.value_msat),
        "settled": is_settled,
        "creation_date": _unix(invoice.created_at),
        "settle_date": _unix(invoice.resolved_at) if is_settled else "0",
        "payment_request": invoice.bolt11,
        "description_hash": to_base64(invoice.description_hash),
        "expiry": str(invoice.expiry_seconds),
        "fallback_addr": "",
        "cltv_expiry": str(invoice.cltv_expiry),
        "route_hints": [],
        "private": invoice.is_private,
        "add_index": str(invoice.add_index),
        "settle_index": str(invoice.settle_index),
        "amt_paid": str(paid_msat),
        "amt_paid_sat": str(paid_msat // 1000),
        "amt_paid_msat": str(paid_msat),
        "state": invoice.state,
        "htlcs": [_htlc_json(invoice)] if invoice.accepted_at else [],
        "features": {},
        "is_keysend": False,
        "payment_addr": to_base64(invoice.payment_secret),
        "is_amp": False,
        "amp_invoice_state": {},
        "is_blinded": False,
        "blinded_path_config": None,
    }


def _htlc_json(invoice: Invoice) -> dict[str, object]:
    return {
        "chan_id": "1099511693313",
        "htlc_index": str(invoice.add_index),
        "amt_msat": str(invoice.amt_paid_msat),
        "accept_height": invoice.accept_height,
        "accept_time": _unix(invoice.accepted_at),
        "resolve_time": _unix(invoice.resolved_at),
        "expiry_height": invoice.expiry_height,
        "state": invoice.state,
        "custom_records": {},
        "mpp_total_amt_msat": str(invoice.amt_paid_msat),
        "amp": None,
        "custom_channel_data": "",
    }


def _unix(at: datetime | None) -> str:
    return str(int(at.timestamp())) if at else "0"
