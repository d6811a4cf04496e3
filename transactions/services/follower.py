"""Follows the node, so that held sats are noticed at once. A hint: the sweeper reads every open invoice regardless."""

from datetime import datetime

import structlog
from structlog.contextvars import bound_contextvars

from transactions import selectors
from transactions.providers import registry
from transactions.providers.base import ProviderError
from transactions.providers.lightning.base import InvoiceState
from transactions.services import invoices

log = structlog.get_logger(__name__)


def follow(*, at: datetime) -> int:
    """Look once at what the node has pending, and take on what is newly held; returns how many that were."""
    try:
        pending = registry.lightning().pending()
    except ProviderError as error:
        log.warning("node_unread", outcome=error.outcome, why=str(error))
        return 0
    held = {reading.payment_hash: reading for reading in pending if reading.state == InvoiceState.HELD}
    waiting = selectors.list_awaiting_payment(held) if held else []
    with bound_contextvars(actor="watcher"):
        for transaction_id, payment_hash in waiting:
            invoices.record_held(transaction_id, held[payment_hash], at=at)
    return len(waiting)
