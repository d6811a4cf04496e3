"""Whether the platform works: one function per dependency. Providers are not asked: they are not ours to be healthy.

Only the database is needed to serve. Everything else costs speed, or waits in its rows until it is back.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from bitpesa.infrastructure.resilience import redis_client
from transactions import selectors

#: a row is looked at within a second of being due; slow providers hold up a batch for half a minute at most
WATCHER_SILENT = timedelta(seconds=60)

OK, FAILED, UNKNOWN = "ok", "failed", "unknown"
_AWAY = (DatabaseError, RedisError, OperationalError, OSError)


class Unhealthy(Exception):
    """It answers, and the answer is not good."""


@dataclass(frozen=True, slots=True)
class Check:
    """How one dependency is. `detail` names no address and no secret: anybody may read it."""

    name: str
    status: str
    latency_ms: float
    detail: str


def database(_: datetime) -> str:
    """Ask PostgreSQL something."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "answers"


def redis(_: datetime) -> str:
    """Ask Redis: cache, limits and breakers."""
    with redis_client(settings.REDIS_URL) as client:
        client.ping()
    return "answers"


def broker(_: datetime) -> str:
    """Connect to the broker, without waiting for it."""
    with current_app.connection_for_write() as link:
        link.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
    return "answers"


def rates(at: datetime) -> str:
    """Look whether there is a price that quotes can be made from. Raises Unhealthy."""
    snapshot = selectors.find_snapshot(at=at)
    if snapshot is None:
        raise Unhealthy("no fresh price: new payments are refused")
    return f"{(at - snapshot.fetched_at).total_seconds():.0f} s old"


def watcher(at: datetime) -> str:
    """Look whether what is due gets done. Raises Unhealthy."""
    since = selectors.find_oldest_overdue(at=at)
    late = at - since if since else timedelta(0)
    if late > WATCHER_SILENT:
        raise Unhealthy(f"the most overdue transaction has waited {late.total_seconds():.0f} s")
    return f"{late.total_seconds():.0f} s behind"


Dependency = Callable[[datetime], str]
NEEDED_TO_SERVE: tuple[Dependency, ...] = (database, redis)
#: the database first: who stands on it is not asked while it is away, only to wait for it again
ALL: tuple[Dependency, ...] = (database, redis, broker, rates, watcher)
_ON_DATABASE = (rates, watcher)


def report(dependencies: Iterable[Dependency] = ALL, *, at: datetime) -> dict[str, Any]:
    """Check dependencies: down without the database, degraded if anything else is amiss."""
    checks: list[Check] = []
    for dependency in dependencies:
        is_moot = dependency in _ON_DATABASE and checks[0].status != OK
        checks.append(_unknown(dependency) if is_moot else _check(dependency, at=at))
    failed = {check.name for check in checks if check.status == FAILED}
    status = "down" if database.__name__ in failed else "degraded" if failed else "ok"
    return {"status": status, "checks": [asdict(check) for check in checks], **instance()}


def instance() -> dict[str, str]:
    """Say which of several deployments on one machine this is, if it was given a name."""
    name = os.environ.get("BITPESA_INSTANCE", "")
    return {"instance": name} if name else {}


def _unknown(dependency: Dependency) -> Check:
    return Check(dependency.__name__, UNKNOWN, 0.0, "needs the database")


def _check(dependency: Dependency, *, at: datetime) -> Check:
    started = perf_counter()
    try:
        status, detail = OK, dependency(at)
    except Unhealthy as error:
        status, detail = FAILED, str(error)
    except _AWAY as error:
        status, detail = FAILED, type(error).__name__
    return Check(dependency.__name__, status, round((perf_counter() - started) * 1_000, 1), detail)
