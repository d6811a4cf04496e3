"""What a person must look at: said loudly, and never acted upon by itself."""

from uuid import UUID

import structlog
from django.db import transaction

from transactions import signals

log = structlog.get_logger(__name__)


def open_for(transaction_id: UUID | None, what: str, **context: object) -> None:
    """Open an incident about a transaction (or a stranger, without one), once what led to it is committed.

    `what` is a short code. What goes on being so is said again each time it is met.
    """

    def tell() -> None:
        log.critical("incident", what=what, transaction=str(transaction_id or ""), **context)
        signals.incident_opened.send_robust(sender=None, what=what, transaction_id=transaction_id)

    transaction.on_commit(tell, robust=True)
