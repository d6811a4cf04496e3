"""What requests and answers look like, for the OpenAPI description. A test holds these against the shapes."""

from typing import Any

from django.conf import settings

from transactions.api.errors import KINDS

_ID = "019ab3f2-7c40-7b1e-9a55-3f0c2f6d9b10"

REQUEST: dict[str, Any] = {
    "type": "send_money",
    "amount_kes": 1500,
    "recipient": {"phone": "0712345678"},
    "client_reference": "order-1",
}

ACCEPTED: dict[str, Any] = {
    "id": _ID,
    "reference": "BP-GCPTF1FF0",
    "type": "send_money",
    "status": "created",
    "status_label": "Making the invoice",
    "conclusive": False,
    "amount_kes": 1500,
    "amount_msat": "11650000",
    "amount_sats": 11650,
    "fee_kes": "15.00",
    "spread_kes": "22.50",
    "kes_per_btc": "13197425.5000",
    "recipient": {"phone": "2547•••678"},
    "client_reference": "order-1",
    "invoice": None,
    "payout": None,
    "checkout_url": f"{settings.PUBLIC_URL}/pay/{_ID}",
    "created_at": "2026-03-02T09:30:00.125000Z",
    "expires_at": "2026-03-02T09:32:00.125000Z",
    "ended_at": None,
}

WITH_INVOICE: dict[str, Any] = ACCEPTED | {
    "status": "awaiting_payment",
    "status_label": "Waiting for sats",
    "invoice": {
        "bolt11": "lnbc116500n1pj…",
        "payment_hash": "f1d5e62b9c3b4a1de0a5f6f9b1c3d2e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0",
        "expires_at": "2026-03-02T09:31:55.125000Z",
        "state": "open",
    },
}

EVENTS: list[dict[str, Any]] = [
    {
        "at": "2026-03-02T09:30:00.125000Z",
        "from_status": None,
        "to_status": "created",
        "reason": "requested",
        "actor": "api client",
    },
    {
        "at": "2026-03-02T09:30:00.410000Z",
        "from_status": "created",
        "to_status": "awaiting_payment",
        "reason": "invoice_made",
        "actor": "system",
    },
]


def problem(code: str) -> dict[str, Any]:
    """Return an example of a problem."""
    kind = KINDS[code]
    return {
        "type": f"{settings.PUBLIC_URL}/api/problems/{code}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.remedy,
        "code": code,
        "request_id": "6f1c2c0e4d5b4c1f9a0b",
        "errors": [],
    }
