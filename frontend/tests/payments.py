"""Payments that went the legal way to a status, with the attempts, questions and messages they met on it."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from transactions import lifecycle, vault
from transactions.models import (
    ApiClient,
    KillSwitch,
    LightningInvoice,
    PayoutAttempt,
    ProviderMessage,
    RateSnapshot,
    StatusQuery,
    Transaction,
)
from transactions.models.ids import new_id, reference_of
from transactions.money import Kes
from transactions.phone import Msisdn
from transactions.services import quotes, recipients

BOLT11 = "lnbcrt248110n1p" + "qpzry9x8gf2tvdw0s3jn54khce6mua7l" * 9
PHONE = "254712345678"
#: noon in Nairobi
NOON = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

_PAID = ("awaiting_payment", "paid")
_SENT = (*_PAID, "payout_submitting")
_PATHS: dict[str, tuple[str, ...]] = {
    "created": (),
    "awaiting_payment": ("awaiting_payment",),
    "paid": _PAID,
    "payout_submitting": _SENT,
    "payout_deferred": (*_PAID, "payout_deferred"),
    "payout_pending": (*_SENT, "payout_pending"),
    "payout_uncertain": (*_SENT, "payout_uncertain"),
    "settling": (*_SENT, "payout_pending", "settling"),
    "completed": (*_SENT, "payout_pending", "settling", "completed"),
    "payout_failed": (*_SENT, "payout_failed"),
    "refunding": (*_SENT, "payout_failed", "refunding"),
    "refunded": (*_SENT, "payout_failed", "refunding", "refunded"),
    "expired": ("awaiting_payment", "expired"),
    "cancelled": ("awaiting_payment", "cancelled"),
    "failed": ("failed",),
    "under_review": (*_SENT, "payout_uncertain", "under_review"),
}
STATUSES = tuple(_PATHS)
_REASONS = {
    "awaiting_payment": "invoice_made",
    "paid": "sats_held",
    "payout_submitting": "payout_sent",
    "payout_deferred": "breaker_open",
    "payout_pending": "payout_accepted",
    "payout_uncertain": "no_clear_reply",
    "settling": "shillings_arrived",
    "completed": "sats_taken",
    "payout_failed": "payout_rejected",
    "refunding": "payout_failed",
    "refunded": "sats_returned",
    "expired": "invoice_expired",
    "cancelled": "invoice_cancelled",
    "failed": "no_invoice_in_time",
    "under_review": "result_mismatch",
}
_INVOICE_STATES = {"paid": "held", "completed": "settled", "refunded": "cancelled", "expired": "cancelled"}


def price(at: datetime) -> RateSnapshot:
    """A fresh price."""
    return RateSnapshot.objects.create(kes_per_btc=Decimal(12_480_000), source="coinbase", fetched_at=at)


def stop(at: datetime) -> KillSwitch:
    """The kill switch, thrown."""
    return KillSwitch.objects.create(reason="M-Pesa maintenance", engaged_by="operator", engaged_at=at)


def make(status: str, *, at: datetime, amount_kes: int = 2_500, phone: str = PHONE, **columns: Any) -> Transaction:
    """A payment asked for at an instant, a few seconds after which it is in this status."""
    if not RateSnapshot.objects.filter(fetched_at__gt=at - timedelta(seconds=30), fetched_at__lte=at).exists():
        price(at)
    client, _ = ApiClient.objects.get_or_create(name="A shop", defaults={"created_at": at})
    row_id = new_id()
    quote = quotes.lock(Kes(amount_kes), at=at)
    row = Transaction(
        id=row_id,
        reference=reference_of(row_id),
        client=client,
        type="send_money",
        recipient=recipients.remember(Msisdn(phone), at=at),
        quote=quote,
        amount_kes=amount_kes,
        amount_msat=quote.amount_msat,
        created_at=at,
        **columns,
    )
    with transaction.atomic():
        lifecycle.begin(row, reason="requested")
        for to, then in zip(_PATHS[status], _instants(at), strict=False):
            _go(row, to, then)
    return row


def go_on(row: Transaction, to: str, *, at: datetime) -> None:
    """One more move, committed."""
    with transaction.atomic():
        _go(lifecycle.locked(row.id), to, at)


def _instants(at: datetime) -> Iterator[datetime]:
    for seconds in (0.4, 8.1, 8.3, 9.9, 14.2, 15.0):
        yield at + timedelta(seconds=seconds)


def _go(row: Transaction, to: str, at: datetime) -> None:
    if to == "awaiting_payment":
        _invoice(row, at)
    if to == "payout_submitting":
        _attempt(row, at)
    _decide(row, to, at)
    changes = {"paid_at": at, "pay_by_at": at + timedelta(minutes=15)} if to == "paid" else {}
    lifecycle.advance(row, to, at=at, reason=_REASONS[to], **changes)
    if state := _INVOICE_STATES.get(to):
        held = {"held_at": at, "received_msat": row.amount_msat, "expiry_height": 871_204} if state == "held" else {}
        LightningInvoice.objects.filter(transaction=row).update(state=state, **held)


def _invoice(row: Transaction, at: datetime) -> None:
    LightningInvoice.objects.create(
        transaction=row,
        provider="lnd",
        node_identity="02" * 33,
        payment_hash=hashlib.sha256(row.id.bytes).hexdigest(),
        preimage_encrypted=vault.seal(row.id.bytes * 2),
        amount_msat=row.amount_msat,
        expires_at=row.created_at + timedelta(seconds=115),
        bolt11=BOLT11,
        state="open",
        created_at=at,
    )


def _attempt(row: Transaction, at: datetime) -> None:
    PayoutAttempt.objects.create(
        transaction=row,
        number=1,
        provider="mpesa",
        reference=f"{row.id.hex}-1",
        amount_kes=row.amount_kes,
        url_hash=vault.digest(str(row.id)),
        send_before=at + timedelta(seconds=15),
        created_at=at,
    )


def _decide(row: Transaction, to: str, at: datetime) -> None:
    attempt = PayoutAttempt.objects.filter(transaction=row).first()
    if attempt is None:
        return
    if to == "payout_pending":
        attempt.provider_id = "AG_20261122_00004e48cf7e3533f581"
    if to == "payout_uncertain":
        attempt.code = "read_timeout"
        StatusQuery.objects.create(
            attempt=attempt, url_hash=vault.digest(f"q{row.id}"), asked_at=at, provider_id="AG_1"
        )
    if to == "settling":
        attempt.outcome, attempt.receipt, attempt.decided_at, attempt.charge_cents = "succeeded", receipt(row), at, 0
        ProviderMessage.objects.create(
            provider="mpesa",
            attempt=attempt,
            body=b'{"secret": "not for screens"}',
            received_at=at,
            applied_at=at,
            effect="applied",
            note="0 The service request is processed successfully.",
        )
    if to == "payout_failed":
        attempt.outcome, attempt.code, attempt.decided_at = "rejected", "2001", at
    attempt.save()


def receipt(row: Transaction) -> str:
    """The M-Pesa code a completed payment was given."""
    return f"U{row.id.hex[-9:]}".upper()
