"""A transaction as integrators see it: one shape for every answer. Money is an integer or a string, never a float."""

import json
from datetime import datetime
from typing import Any

from django.conf import settings

from transactions import lifecycle, phone
from transactions.models import LightningInvoice, PayoutAttempt, Transaction, TransactionEvent
from transactions.money import CENTS_PER_KES, Msat

#: who moves a transaction on its own, without anybody having asked
_PROCESSES = {"system", "sweeper", "worker", "beat", "watcher"}


def to_json(content: dict[str, Any]) -> bytes:
    """Write an answer's bytes. Raises TypeError for whatever is not plain JSON, such as a Decimal."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def of_transaction(row: Transaction) -> dict[str, Any]:
    """Represent a transaction. It reads the legs that selectors bring along, and asks for nothing else."""
    quote = row.quote
    return {
        "id": str(row.id),
        "reference": row.reference,
        "type": row.type,
        "status": row.status,
        "status_label": Transaction.Status(row.status).label,
        "conclusive": row.status in lifecycle.ENDED,
        "amount_kes": row.amount_kes,
        "amount_msat": str(row.amount_msat),
        "amount_sats": Msat(row.amount_msat).sats_rounded_up,
        "fee_kes": _shillings(quote.fee_cents),
        "spread_kes": _shillings(quote.spread_cents),
        "kes_per_btc": f"{quote.snapshot.kes_per_btc:f}",
        "recipient": {"phone": phone.mask(row.recipient.msisdn)},
        "client_reference": row.client_reference,
        "invoice": _invoice(row),
        "payout": _payout(row),
        "checkout_url": f"{settings.PUBLIC_URL}/pay/{row.id}",
        "created_at": _instant(row.created_at),
        "expires_at": _instant(quote.expires_at),
        "ended_at": _instant(row.ended_at),
    }


def of_event(event: TransactionEvent) -> dict[str, Any]:
    """Represent one move. Who made it is told in general: names of staff are nobody's business."""
    return {
        "at": _instant(event.at),
        "from_status": event.from_status or None,
        "to_status": event.to_status,
        "reason": event.reason,
        "actor": _actor(event.actor),
    }


def _invoice(row: Transaction) -> dict[str, Any] | None:
    """What the payer pays; None until the node made it and it was checked."""
    # A row that was just created has none, and need not be asked.
    if row.status == Transaction.Status.CREATED:
        return None
    invoice: LightningInvoice | None = getattr(row, "lightning_invoice", None)
    if invoice is None or not invoice.bolt11:
        return None
    return {
        "bolt11": invoice.bolt11,
        "payment_hash": invoice.payment_hash,
        "expires_at": _instant(invoice.expires_at),
        "state": invoice.state,
    }


def _payout(row: Transaction) -> dict[str, Any] | None:
    if row.status == Transaction.Status.CREATED:
        return None
    attempts = sorted(row.attempts.all(), key=lambda attempt: attempt.number)
    if not attempts:
        return None
    last = attempts[-1]
    receipt = last.receipt if last.outcome == PayoutAttempt.Outcome.SUCCEEDED else None
    return {"provider": last.provider, "receipt": receipt, "attempts": len(attempts)}


def _actor(actor: str) -> str:
    if actor.startswith("api:"):
        return "api client"
    if actor in _PROCESSES:
        return "system"
    return "payer" if actor == "payer" else "operator"


def _shillings(cents: int) -> str:
    return f"{cents // CENTS_PER_KES}.{cents % CENTS_PER_KES:02d}"


def _instant(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
