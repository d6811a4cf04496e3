"""Does what is due. Needs PostgreSQL and the providers, no broker: the rows are the outbox.

Two sweepers, or a sweeper and a task, on one row are harmless: every step locks the row and reads it again.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import close_old_connections, connection
from structlog.contextvars import bound_contextvars

from transactions import lifecycle
from transactions.services import steps

log = structlog.get_logger(__name__)

#: how long a claimed row is left alone; a step that ends without a word is repeated after it
LEASE = timedelta(seconds=60)
#: so few that even slow providers let all of them be looked at within the lease
BATCH = 16

# Rows whose sats are held come before those that nobody has paid, which anybody can make any number of.
_CLAIM = """
    UPDATE transactions SET look_at = %(until)s
    WHERE id IN (
        SELECT id FROM transactions WHERE look_at <= %(at)s
        ORDER BY status IN ('created', 'awaiting_payment'), look_at
        LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    )
    RETURNING id, status
"""


def claim(*, at: datetime) -> list[tuple[UUID, str]]:
    """Take rows that are due, and leave them alone for a while: (id, status). Committed at once."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"at": at, "until": at + LEASE, "batch": BATCH})
        return [(row[0], row[1]) for row in cursor.fetchall()]


def run(*, clock: Callable[[], datetime], executor: Executor | None = None) -> int:
    """Take a batch of what is due at this moment; returns how many rows that were. Call it again until none are."""
    due = claim(at=clock())
    if executor:
        list(executor.map(lambda one: _take(*one, clock=clock), due))
    else:
        for row_id, status in due:
            _take(row_id, status, clock=clock)
    return len(due)


def _take(row_id: UUID, status: str, *, clock: Callable[[], datetime]) -> None:
    """Take one step; what goes wrong with one row must not stop the others, and is tried again after the lease."""
    if not connection.in_atomic_block:
        close_old_connections()
    with bound_contextvars(actor="sweeper"):
        try:
            steps.STEPS[lifecycle.IF_LINGERING[status].step](row_id, at=clock())
        except Exception:
            log.exception("step_failed", status=status, transaction=str(row_id))
