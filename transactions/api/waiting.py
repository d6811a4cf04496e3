"""`Prefer: wait=5` (RFC 7240): an answer is held until the invoice exists, by a quarter of the threads at most."""

import re
from threading import BoundedSemaphore
from time import monotonic, sleep
from uuid import UUID

from django.conf import settings

from transactions import selectors
from transactions.models import Transaction

LONGEST_SECONDS = 10
_PAUSE_SECONDS = 0.05
_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,4})\"?\s*(?=[,;]|$)", re.ASCII | re.IGNORECASE)
#: who waits keeps a thread from everybody else
_places = BoundedSemaphore(max(1, settings.REQUEST_THREADS // 4))


def preferred_seconds(prefer: str) -> int:
    """Read how long a client would wait; 0 if it would not. What cannot be read is ignored, as the RFC says."""
    match = _WAIT.search(prefer)
    return min(int(match[1]), LONGEST_SECONDS) if match else 0


def until_issued(transaction_id: UUID, *, seconds: int) -> bool:
    """Wait until the invoice of a transaction exists; returns whether it does. False at once if too many wait.

    Belongs outside any database transaction: it would not see what others commit, and hold what they need.
    """
    if not seconds or not _places.acquire(blocking=False):
        return False
    try:
        return _poll(transaction_id, until=monotonic() + seconds)
    finally:
        _places.release()


def _poll(transaction_id: UUID, *, until: float) -> bool:
    while (status := selectors.get_status(transaction_id)) == Transaction.Status.CREATED:
        if monotonic() >= until:
            return False
        sleep(_PAUSE_SECONDS)
    return status != Transaction.Status.FAILED
