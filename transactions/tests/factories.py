"""Rows for tests. A transaction begins as `created` and comes to any other status by the moves of the lifecycle."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.db import transaction
from django.utils import timezone
from factory.django import DjangoModelFactory

from transactions import lifecycle, vault
from transactions.models import (
    ApiClient,
    ApiKey,
    LightningInvoice,
    PayoutAttempt,
    Quote,
    RateSnapshot,
    Recipient,
    Transaction,
)
from transactions.models.ids import new_id, reference_of
from transactions.money import Kes, msat_for_rounded_up

S = Transaction.Status


class ApiClientFactory(DjangoModelFactory[ApiClient]):
    """An integrator."""

    class Meta:
        model = ApiClient

    name = factory.Sequence(lambda n: f"Shop {n}")
    created_at = factory.LazyFunction(timezone.now)


class ApiKeyFactory(DjangoModelFactory[ApiKey]):
    """A key; pass `text` to know what it says."""

    class Meta:
        model = ApiKey

    class Params:
        text = factory.LazyFunction(lambda: f"bp_test_{secrets.token_hex(20)}")

    client = factory.SubFactory(ApiClientFactory)
    prefix = factory.LazyAttribute(lambda key: key.text[:16])
    secret_hash = factory.LazyAttribute(lambda key: vault.digest(key.text))
    created_at = factory.LazyFunction(timezone.now)


class RateSnapshotFactory(DjangoModelFactory[RateSnapshot]):
    """A price that was read this moment."""

    class Meta:
        model = RateSnapshot

    kes_per_btc = Decimal("13000000.0000")
    source = "test"
    fetched_at = factory.LazyFunction(timezone.now)


class RecipientFactory(DjangoModelFactory[Recipient]):
    """Somebody with a phone of their own."""

    class Meta:
        model = Recipient

    msisdn = factory.Sequence(lambda n: f"2547{n % 10**8:08d}")
    msisdn_hash = factory.LazyAttribute(lambda recipient: vault.keyed_hash(recipient.msisdn))
    created_at = factory.LazyFunction(timezone.now)


class QuoteFactory(DjangoModelFactory[Quote]):
    """A price that holds for two minutes."""

    class Meta:
        model = Quote

    snapshot = factory.SubFactory(RateSnapshotFactory)
    amount_kes = 1_500
    fee_cents = 1_500
    spread_cents = 2_250
    amount_msat = factory.LazyAttribute(
        lambda quote: (
            msat_for_rounded_up(
                Kes(quote.amount_kes).cents + quote.fee_cents + quote.spread_cents,
                kes_per_btc=quote.snapshot.kes_per_btc,
            ).value
        )
    )
    created_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda quote: quote.created_at + timedelta(seconds=120))


class TransactionFactory(DjangoModelFactory[Transaction]):
    """A transaction that was just requested, with its first event. `at_status` leads it further."""

    class Meta:
        model = Transaction

    id = factory.LazyFunction(new_id)
    reference = factory.LazyAttribute(lambda row: reference_of(row.id))
    client = factory.SubFactory(ApiClientFactory)
    type = "send_money"
    recipient = factory.SubFactory(RecipientFactory)
    created_at = factory.LazyFunction(timezone.now)
    quote = factory.SubFactory(QuoteFactory, created_at=factory.SelfAttribute("..created_at"))
    amount_kes = factory.LazyAttribute(lambda row: row.quote.amount_kes)
    amount_msat = factory.LazyAttribute(lambda row: row.quote.amount_msat)

    @classmethod
    def _create(cls, model_class: Callable[..., Transaction], *args: Any, **columns: Any) -> Transaction:
        row = model_class(*args, **columns)
        with transaction.atomic():
            lifecycle.begin(row, reason="requested")
        return row


#: from where a status is reached here; the lifecycle knows other ways
_FROM: dict[str, str] = {
    S.AWAITING_PAYMENT: S.CREATED,
    S.FAILED: S.CREATED,
    S.PAID: S.AWAITING_PAYMENT,
    S.EXPIRED: S.AWAITING_PAYMENT,
    S.CANCELLED: S.AWAITING_PAYMENT,
    S.PAYOUT_SUBMITTING: S.PAID,
    S.PAYOUT_DEFERRED: S.PAID,
    S.REFUNDING: S.PAID,
    S.PAYOUT_PENDING: S.PAYOUT_SUBMITTING,
    S.PAYOUT_UNCERTAIN: S.PAYOUT_SUBMITTING,
    S.PAYOUT_FAILED: S.PAYOUT_SUBMITTING,
    S.SETTLING: S.PAYOUT_PENDING,
    S.UNDER_REVIEW: S.PAYOUT_UNCERTAIN,
    S.COMPLETED: S.SETTLING,
    S.REFUNDED: S.REFUNDING,
}
_STEP = timedelta(seconds=1)


def at_status(status: str, **columns: Any) -> Transaction:
    """Make a transaction and lead it to a status, a second for each move, with invoice and attempt as they would be."""
    return advance_to(TransactionFactory.create(**columns), status)


def advance_to(row: Transaction, status: str) -> Transaction:
    """Lead a transaction that was just created to a status."""
    route = [status]
    while route[0] != S.CREATED:
        route.insert(0, _FROM[route[0]])
    for number, to in enumerate(route[1:], start=1):
        _move(row, to, at=row.created_at + number * _STEP)
    return Transaction.objects.get(id=row.id)


def _move(row: Transaction, to: str, *, at: datetime) -> None:
    changes = {"paid_at": at, "pay_by_at": at + timedelta(minutes=15)} if to == S.PAID else {}
    with transaction.atomic():
        locked = lifecycle.locked(row.id)
        if prepare := _BEFORE.get(to):
            prepare(locked, at)
        lifecycle.advance(locked, to, at=at, reason="test", **changes)


def _make_invoice(row: Transaction, at: datetime) -> None:
    preimage = secrets.token_bytes(32)
    payment_hash = hashlib.sha256(preimage).hexdigest()
    LightningInvoice.objects.create(
        transaction=row,
        provider="lnd",
        node_identity="02" + "ab" * 32,
        payment_hash=payment_hash,
        preimage_encrypted=vault.seal(preimage),
        amount_msat=row.amount_msat,
        expires_at=row.quote.expires_at - timedelta(seconds=5),
        bolt11=f"lnbcrt1{payment_hash}",
        state=LightningInvoice.State.OPEN,
        created_at=at,
    )


def _hold_sats(row: Transaction, at: datetime) -> None:
    _update_invoice(row, state="held", received_msat=row.amount_msat, held_at=at, expiry_height=1_144)


def _cancel_invoice(row: Transaction, at: datetime) -> None:
    _update_invoice(row, state="cancelled", ended_at=at)


def _settle_invoice(row: Transaction, at: datetime) -> None:
    _update_invoice(row, state="settled", ended_at=at)


def _update_invoice(row: Transaction, **columns: Any) -> None:
    LightningInvoice.objects.filter(transaction=row).update(**columns)


def _make_attempt(row: Transaction, at: datetime) -> None:
    PayoutAttempt.objects.create(
        transaction=row,
        number=1,
        provider="mpesa",
        reference=f"{row.id.hex}-1",
        amount_kes=row.amount_kes,
        url_hash=vault.digest(vault.new_url_secret()),
        send_before=at + timedelta(seconds=15),
        created_at=at,
    )


def _reject_attempt(row: Transaction, at: datetime) -> None:
    _update_attempt(row, outcome="rejected", code="2001", decided_at=at)


def _succeed_attempt(row: Transaction, at: datetime) -> None:
    receipt = "S" + secrets.token_hex(5).upper()[:9]
    _update_attempt(row, outcome="succeeded", code="0", receipt=receipt, decided_at=at, confirmed_at=at)


def _update_attempt(row: Transaction, **columns: Any) -> None:
    PayoutAttempt.objects.filter(transaction=row, number=1).update(**columns)


#: what has to be so before a move
_BEFORE: dict[str, Callable[[Transaction, datetime], None]] = {
    S.AWAITING_PAYMENT: _make_invoice,
    S.PAID: _hold_sats,
    S.EXPIRED: _cancel_invoice,
    S.CANCELLED: _cancel_invoice,
    S.PAYOUT_SUBMITTING: _make_attempt,
    S.PAYOUT_FAILED: _reject_attempt,
    S.SETTLING: _succeed_attempt,
    S.COMPLETED: _settle_invoice,
    S.REFUNDED: _cancel_invoice,
}
