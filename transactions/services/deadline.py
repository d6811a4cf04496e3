"""The deadline guard: a held payment runs out at a block height. The node's own cancelling must never decide."""

from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from transactions import lifecycle, selectors
from transactions.models import LightningInvoice, Transaction
from transactions.providers import registry
from transactions.providers.base import ProviderError, Uncertain
from transactions.providers.lightning.base import InvoiceState
from transactions.services import incidents, invoices

log = structlog.get_logger(__name__)
S = Transaction.Status

_WITHOUT_ATTEMPT = (S.PAID, S.PAYOUT_DEFERRED, S.PAYOUT_FAILED, S.UNDER_REVIEW)
_WITH_ATTEMPT = (*lifecycle.IN_PAYOUT, S.UNDER_REVIEW)


def is_near(provider: str, expiry_height: int | None) -> bool:
    """Whether so few blocks are left that nothing new may begin.

    The height of a node that lags is a lower bound: enough to say that the deadline is near, not that it is far.
    Raises ProviderError if nobody can say.
    """
    if expiry_height is None:
        raise Uncertain("the node does not say until when it holds the sats", code="no_height")
    backend = registry.lightning(provider)
    node = backend.node()
    if node.block_height + backend.auto_cancel_blocks + settings.DEADLINE_MARGIN_BLOCKS >= expiry_height:
        return True
    if not node.is_synced:
        raise Uncertain("the node is behind the chain", code="not_synced")
    return False


def guard(transaction_id: UUID, *, at: datetime) -> None:
    """At the margin: cancel if nothing may have been paid, else take the sats now and owe them until it is decided."""
    invoice = selectors.find_invoice(transaction_id)
    if invoice is None or invoice.state != LightningInvoice.State.HELD:
        return
    try:
        if is_near(invoice.provider, invoice.expiry_height):
            _act(transaction_id, invoice, at=at)
    except ProviderError as error:
        log.warning("deadline_unread", transaction=str(transaction_id), outcome=error.outcome, why=str(error))


def _act(transaction_id: UUID, invoice: LightningInvoice, *, at: datetime) -> None:
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        may_have_paid = selectors.find_attempt_that_may_have_paid(transaction_id)
        if may_have_paid is None:
            if row.status in _WITHOUT_ATTEMPT:
                lifecycle.advance(row, S.REFUNDING, at=at, reason="deadline")
            return
        if row.status not in _WITH_ATTEMPT:
            return
        if row.settled_early_at is None:
            row.settled_early_at = at
            row.save(update_fields=["settled_early_at"])
            incidents.open_for(transaction_id, "settled_early")
    reading = invoices.take(invoice)
    with transaction.atomic():
        lifecycle.locked(transaction_id)
        invoices.keep(LightningInvoice.objects.get(transaction=transaction_id), reading, at=at)
    if reading.state == InvoiceState.CANCELLED:
        incidents.open_for(transaction_id, "sats_gone_while_undecided")
