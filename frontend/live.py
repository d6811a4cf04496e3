"""Tells open pages that something changed: who may listen to what, and how a move is announced.

A hint and no more. Pages fetch what they show, and ask every few seconds when hints cannot come.
"""

from datetime import timedelta
from functools import cache
from time import monotonic
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core import signing
from redis import Redis
from redis.exceptions import RedisError

from bitpesa.infrastructure.resilience import redis_client

log = structlog.get_logger(__name__)

CHANNEL = "bitpesa.changed"
EVERYTHING = "all"
TOKEN_LIVES = timedelta(hours=12)
QUIET_SECONDS = 5.0
_SALT = "frontend.live"
_quiet_until = 0.0


def subject_of(transaction_id: UUID | str) -> str:
    """What one transaction is called in tokens."""
    return f"t:{transaction_id}"


def stream_url(subject: str) -> str:
    """Where a page listens for changes of a subject. Whoever has the address may listen for twelve hours."""
    return f"{settings.LIVE_URL}/live/{signing.dumps(subject, salt=_SALT)}"


def subject_in(token: str) -> str:
    """Read the subject a token is for. Raises signing.BadSignature if it is old or not ours."""
    return str(signing.loads(token, salt=_SALT, max_age=TOKEN_LIVES))


@cache
def _client() -> Redis:
    return redis_client(settings.REDIS_URL)


def publish(*, transaction_id: UUID, **_: Any) -> None:
    """Announce that a transaction changed. Costs a quarter of a second at most, then nothing for a while."""
    global _quiet_until
    if monotonic() < _quiet_until:
        return
    try:
        _client().publish(CHANNEL, str(transaction_id))
    except RedisError as error:
        _quiet_until = monotonic() + QUIET_SECONDS
        log.warning("live_updates_away", error=type(error).__name__, quiet_seconds=QUIET_SECONDS)
