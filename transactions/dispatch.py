"""Sends steps to the workers, by name. A hint that makes things fast: what is not sent, the sweeper does.

A broker that is away costs the caller one short timeout, then nothing for a while.
"""

from time import monotonic
from uuid import UUID

import structlog
from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

QUIET_SECONDS = 5.0
_quiet_until = 0.0


def send(step: str, subject_id: UUID) -> bool:
    """Send a step for a row to the workers; returns whether the broker took it."""
    global _quiet_until
    if monotonic() < _quiet_until:
        return False
    try:
        current_app.send_task(step, kwargs={"subject_id": str(subject_id)}, retry=False, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        _quiet_until = monotonic() + QUIET_SECONDS
        log.warning("broker_away", step=step, error=type(error).__name__, quiet_seconds=QUIET_SECONDS)
        return False
    return True
