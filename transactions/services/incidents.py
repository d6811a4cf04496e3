"""What a person must look at: said once, loudly, and never acted upon by itself."""

from uuid import UUID

import structlog

from transactions import signals

log = structlog.get_logger(__name__)


def open_for(transaction_id: UUID | None, what: str, **context: object) -> None:
    """Open an incident about a transaction (or a stranger, without one). `what` is a short code."""
    log.critical("incident", what=what, transaction=str(transaction_id or ""), **context)
    signals.incident_opened.send_robust(sender=None, what=what, transaction_id=transaction_id)
