"""Money back: what is held is cancelled until CANCELED is read back. Nobody is kept waiting for nothing."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction

from transactions import lifecycle, selectors
from transactions.models import LightningInvoice, Transaction
from transactions.providers import registry
from transactions.providers.base import ProviderError
from transactions.providers.lightning.base import InvoiceReading, InvoiceState
from transactions.services import incidents, invoices

log = structlog.get_logger(__name__)
S = Transaction.Status

ASK_AGAIN = timedelta(seconds=5)
#: sats that were settled early go back by a payment, to a destination somebody has to give
WAIT_FOR_DESTINATION = timedelta(hours=1)


def begin(transaction_id: UUID, *, at: datetime) -> None:
    """Give the sats of a failed payout back."""
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        if row.status == S.PAYOUT_FAILED:
            lifecycle.advance(row, S.REFUNDING, at=at, reason="payout_failed")


def return_sats(transaction_id: UUID, *, at: datetime) -> None:
    """Cancel what is held, until the node says it is cancelled. The node decides the way, not our memory of it."""
    row = Transaction.objects.select_related("lightning_invoice").get(id=transaction_id)
    if row.status != S.REFUNDING or selectors.find_attempt_that_may_have_paid(transaction_id):
        return
    invoice = row.lightning_invoice
    try:
        reading = _let_go(invoice)
    except ProviderError as error:
        log.warning("not_cancelled_yet", transaction=str(transaction_id), outcome=error.outcome, why=str(error))
        reading = None
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        if row.status == S.REFUNDING:
            _record(row, invoice, reading, at=at)


def _let_go(invoice: LightningInvoice) -> InvoiceReading:
    reading = invoices.read(invoice)
    if reading.state not in (InvoiceState.OPEN, InvoiceState.HELD):
        return reading
    registry.lightning(invoice.provider).cancel(invoice.payment_hash)
    return invoices.read(invoice)


def _record(row: Transaction, invoice: LightningInvoice, reading: InvoiceReading | None, *, at: datetime) -> None:
    if reading is None:
        invoices.look_again(row, at=at, after=ASK_AGAIN)
        return
    invoices.keep(invoice, reading, at=at)
    if reading.state == InvoiceState.CANCELLED:
        lifecycle.advance(row, S.REFUNDED, at=at, reason="sats_returned")
    elif reading.state == InvoiceState.SETTLED:
        incidents.open_for(row.id, "refund_needs_destination")
        invoices.look_again(row, at=at, after=WAIT_FOR_DESTINATION)
    else:
        invoices.look_again(row, at=at, after=ASK_AGAIN)
