"""LND's words: an invoice, a part of a payment and an error, as its REST interface writes them."""

import base64
from hashlib import sha256
from typing import Any

from transactions.providers.lightning.base import NewInvoice

MACAROON_HEX = "0201036c6e64" + "ab" * 60
# Bytes whose base64 holds a "/" and whose base64url would hold a "_".
PREIMAGE = b"\xff" * 31 + b"\xfe"
HASH_BYTES = sha256(PREIMAGE).digest()
HASH = HASH_BYTES.hex()
NEW = NewInvoice(HASH, amount_msat=1_234_000, memo="order 7", expiry_seconds=300, cltv_expiry_blocks=144)


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def lnd_invoice(**changed: Any) -> dict[str, Any]:
    """An invoice as LND writes it, without the fields nobody reads."""
    return {
        "r_hash": base64_of(HASH_BYTES),
        "state": "OPEN",
        "value_msat": "1234000",
        "amt_paid_msat": "0",
        "payment_request": "lnbcrt12340n1…",
        "htlcs": [],
    } | changed


def htlc(**changed: Any) -> dict[str, Any]:
    return {"state": "ACCEPTED", "accept_time": "1700000000", "expiry_height": 1150, "amt_msat": "1234000"} | changed


def grpc_error(message: str, code: int = 2) -> dict[str, Any]:
    return {"code": code, "message": message, "details": []}
