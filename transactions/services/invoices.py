"""Money in: a payment is asked for, its invoice made and checked, followed on the node, and at the end settled."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from transactions import lifecycle, selectors, transaction_types, vault
from transactions.errors import ClientReferenceTaken, QuotingStopped
from transactions.models import ApiClient, LightningInvoice, Transaction
from transactions.models.ids import new_id, reference_of
from transactions.money import MSAT_PER_SAT
from transactions.providers import registry
from transactions.providers.base import NotFound, ProviderError
from transactions.providers.lightning import bolt11
from transactions.providers.lightning.base import InvoiceReading, InvoiceState, NewInvoice
from transactions.services import incidents, prices, quotes, recipients

log = structlog.get_logger(__name__)
S = Transaction.Status

#: the invoice dies this long before the quote it was made from
INVOICE_DIES_EARLY = timedelta(seconds=5)
#: less than this left of a quote, and no payer could use the invoice
SHORTEST_LIFE = timedelta(seconds=5)
#: how far the node's clock may be from ours
CLOCK_SKEW = timedelta(seconds=30)
SURPLUS_FLOOR_MSAT = 5 * MSAT_PER_SAT
SURPLUS_SHARE = 100
LOOK_WHILE_QUOTED = timedelta(seconds=5)
LOOK_AFTERWARDS = timedelta(seconds=30)
LOOK_WHEN_UNREACHABLE = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What a client asks for, in its own words."""

    type: str
    amount_kes: int
    recipient: Mapping[str, object] = field(default_factory=dict)
    client_reference: str | None = None


def request(wanted: PaymentRequest, *, client: ApiClient, at: datetime) -> Transaction:
    """Accept a payment: row, quote and event in one commit. The invoice follows.

    Raises InvalidField, RateUnavailable, QuotingStopped, ClientReferenceTaken; then nothing is written.
    """
    kind = transaction_types.get(wanted.type)
    amount = prices.check_amount(wanted.amount_kes)
    msisdn = kind.recipient(wanted.recipient)
    if selectors.find_kill_switch():
        raise QuotingStopped
    transaction_id = new_id()
    try:
        with transaction.atomic():
            quote = quotes.lock(amount, at=at)
            row = Transaction(
                id=transaction_id,
                reference=reference_of(transaction_id),
                client=client,
                client_reference=wanted.client_reference,
                type=kind.name,
                recipient=recipients.remember(msisdn, at=at),
                quote=quote,
                amount_kes=quote.amount_kes,
                amount_msat=quote.amount_msat,
                created_at=at,
            )
            lifecycle.begin(row, reason="requested")
    except IntegrityError as error:
        if "transaction_client_reference_once" in str(error):
            raise ClientReferenceTaken from None
        raise
    return row


def issue(transaction_id: UUID, *, at: datetime) -> None:
    """Make the invoice: preimage committed first, then the node asked, its answer checked, then shown.

    Repeats are harmless: the hash is the idempotency key. A node that cannot be asked is asked again by the sweeper
    until the quote is dead; then the transaction has failed, before any money.
    """
    invoice = _prepare(transaction_id, at=at)
    if invoice is None:
        return
    life = invoice.expires_at - at
    try:
        text = registry.lightning(invoice.provider).create(
            NewInvoice(
                payment_hash=invoice.payment_hash,
                amount_msat=invoice.amount_msat,
                memo=f"BitPesa {reference_of(transaction_id)}",
                expiry_seconds=int(life.total_seconds()),
                cltv_expiry_blocks=settings.CLTV_EXPIRY_BLOCKS,
            )
        )
        shown = bolt11.check(
            text,
            network=settings.LIGHTNING_NETWORK,
            payment_hash=invoice.payment_hash,
            amount_msat=invoice.amount_msat,
            expires_by=invoice.expires_at + CLOCK_SKEW,
        )
    except ProviderError as error:
        log.warning("invoice_not_made", transaction=str(transaction_id), outcome=error.outcome, why=str(error))
        _try_again(transaction_id, at=at)
        return
    except bolt11.InvalidInvoice as error:
        incidents.open_for(transaction_id, "invoice_wrong", why=str(error))
        return
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        if row.status == S.CREATED:
            invoice.bolt11, invoice.node_identity, invoice.state = text, shown.payee, invoice.State.OPEN
            invoice.save(update_fields=["bolt11", "node_identity", "state"])
            lifecycle.advance(row, S.AWAITING_PAYMENT, at=at, reason="invoice_made")


def _prepare(transaction_id: UUID, *, at: datetime) -> LightningInvoice | None:
    """Commit the preimage and return the invoice that is to be made; None if there is none to make."""
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        if row.status != S.CREATED:
            return None
        dies_at = row.quote.expires_at - INVOICE_DIES_EARLY
        if dies_at - at < SHORTEST_LIFE:
            lifecycle.advance(row, S.FAILED, at=at, reason="no_invoice_in_time")
            return None
        preimage = secrets.token_bytes(32)
        invoice, _ = LightningInvoice.objects.get_or_create(
            transaction=row,
            defaults={
                "provider": settings.LIGHTNING_PROVIDER,
                "payment_hash": hashlib.sha256(preimage).hexdigest(),
                "preimage_encrypted": vault.seal(preimage),
                "amount_msat": row.amount_msat,
                "expires_at": dies_at,
                "created_at": at,
            },
        )
    return invoice


def _try_again(transaction_id: UUID, *, at: datetime) -> None:
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        if row.status == S.CREATED:
            look_again(row, at=at, after=LOOK_WHEN_UNREACHABLE)


def read(invoice: LightningInvoice) -> InvoiceReading:
    """Read an invoice back from its node. Raises ProviderError: then nobody knows, ask again.

    "Not found" counts as cancelled only if this very node had confirmed the invoice.
    """
    node = registry.lightning(invoice.provider)
    try:
        return node.lookup(invoice.payment_hash)
    except NotFound:
        if not invoice.node_identity or node.node().identity != invoice.node_identity:
            raise
        return InvoiceReading(
            payment_hash=invoice.payment_hash,
            state=InvoiceState.CANCELLED,
            amount_msat=invoice.amount_msat,
            received_msat=0,
            bolt11=invoice.bolt11,
        )


def look(transaction_id: UUID, *, at: datetime) -> None:
    """Ask the node about an invoice that waits for its payer, and follow what it says.

    The row leaves `awaiting_payment` only on the node's word: what we believe expired may just have been paid.
    """
    invoice = selectors.find_invoice(transaction_id)
    if invoice is None:
        return
    try:
        reading = read(invoice)
    except ProviderError as error:
        log.warning("invoice_unread", transaction=str(transaction_id), outcome=error.outcome, why=str(error))
        reading = None
    if reading and reading.state in (InvoiceState.HELD, InvoiceState.SETTLED):
        record_held(transaction_id, reading, at=at)
        return
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        if row.status != S.AWAITING_PAYMENT:
            return
        if reading and reading.state == InvoiceState.CANCELLED:
            keep(invoice, reading, at=at)
            is_late = at >= invoice.expires_at
            to, reason = (S.EXPIRED, "invoice_expired") if is_late else (S.CANCELLED, "invoice_cancelled")
            lifecycle.advance(row, to, at=at, reason=reason)
        else:
            look_again(row, at=at, after=_pause(invoice, reading, at=at))


def _pause(invoice: LightningInvoice, reading: InvoiceReading | None, *, at: datetime) -> timedelta:
    if reading is None:
        return LOOK_WHEN_UNREACHABLE
    return LOOK_WHILE_QUOTED if at < invoice.expires_at + CLOCK_SKEW else LOOK_AFTERWARDS


def look_again(row: Transaction, *, at: datetime, after: timedelta) -> None:
    """Say when a locked row is to be looked at next."""
    row.look_at = at + after
    row.save(update_fields=["look_at"])


def keep(invoice: LightningInvoice, reading: InvoiceReading, *, at: datetime) -> None:
    """Store what the node said of an invoice."""
    invoice.state = LightningInvoice.State(reading.state.value)
    invoice.received_msat = max(invoice.received_msat, reading.received_msat)
    invoice.expiry_height = reading.expiry_height or invoice.expiry_height
    if reading.state == InvoiceState.HELD and invoice.held_at is None:
        invoice.held_at = reading.accepted_at or at
    if reading.state in (InvoiceState.SETTLED, InvoiceState.CANCELLED) and invoice.ended_at is None:
        invoice.ended_at = at
    invoice.save(update_fields=["state", "received_msat", "expiry_height", "held_at", "ended_at"])


def record_held(transaction_id: UUID, reading: InvoiceReading, *, at: datetime) -> None:
    """The sats are held: go on to the payout, or give them back if they cannot be accepted. Repeats change nothing."""
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        if row.status != S.AWAITING_PAYMENT:
            return
        invoice = LightningInvoice.objects.get(transaction=row)
        keep(invoice, reading, at=at)
        if reason := _unacceptable(row, invoice):
            lifecycle.advance(row, S.REFUNDING, at=at, reason=reason)
            return
        accepted_at = invoice.held_at or at
        pay_by_at = accepted_at + timedelta(seconds=settings.PAY_BY_SECONDS)
        lifecycle.advance(row, S.PAID, at=at, reason="sats_held", paid_at=accepted_at, pay_by_at=pay_by_at)


def _unacceptable(row: Transaction, invoice: LightningInvoice) -> str:
    """Say why held sats cannot be accepted; empty if they can."""
    surplus_msat = invoice.received_msat - invoice.amount_msat
    if row.cancel_intended_at:
        return "cancel_intended"
    if surplus_msat < 0:
        return "underpaid"
    if surplus_msat > max(SURPLUS_FLOOR_MSAT, invoice.amount_msat // SURPLUS_SHARE):
        return "overpaid"
    if invoice.held_at and invoice.held_at > row.quote.expires_at + CLOCK_SKEW:
        return "paid_late"
    return ""


def settle(transaction_id: UUID, *, at: datetime) -> None:
    """Take the sats of a payment that arrived, until SETTLED is read back.

    Only a succeeded attempt, or the deadline act, lets this be called on the node.
    """
    row = Transaction.objects.select_related("lightning_invoice").get(id=transaction_id)
    if row.status != S.SETTLING:
        return
    invoice = row.lightning_invoice
    try:
        reading = take(invoice)
    except ProviderError as error:
        log.warning("not_settled_yet", transaction=str(transaction_id), outcome=error.outcome, why=str(error))
        reading = None
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        if row.status != S.SETTLING:
            return
        if reading is None:
            look_again(row, at=at, after=LOOK_WHEN_UNREACHABLE)
            return
        keep(invoice, reading, at=at)
        if reading.state == InvoiceState.SETTLED:
            lifecycle.advance(row, S.COMPLETED, at=at, reason="sats_taken")
        elif reading.state == InvoiceState.CANCELLED:
            lifecycle.advance(row, S.UNDER_REVIEW, at=at, reason="sats_gone")
            incidents.open_for(transaction_id, "paid_out_and_sats_gone")
        else:
            look_again(row, at=at, after=LOOK_WHEN_UNREACHABLE)


def take(invoice: LightningInvoice) -> InvoiceReading:
    """Settle what is held, and read it back. Raises ProviderError: then read it again later."""
    reading = read(invoice)
    if reading.state != InvoiceState.HELD:
        return reading
    registry.lightning(invoice.provider).settle(vault.unseal(invoice.preimage_encrypted))
    return read(invoice)
