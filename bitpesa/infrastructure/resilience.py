"""A circuit breaker whose state all processes share, on pybreaker.

What pybreaker leaves to be mended: it holds its lock during the call, and hides the exception of the call that trips
it behind one of its own. For money that exception is the outcome, so it must come through as it is.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pybreaker
import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

T = TypeVar("T")

log = structlog.get_logger(__name__)

REDIS_TIMEOUT_SECONDS = 0.25


def redis_client(url: str) -> Redis:
    """Return a client that answers or fails within a quarter of a second and never retries."""
    return Redis.from_url(
        url,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


class SharedBreaker:
    """Opens after `fail_max` failures in a row, of whatever process. Without Redis it is closed.

    `call` runs only while closed. Once `reset_timeout_seconds` have passed, `probe` is let through, and one success
    closes it: the guarded operation itself is never the probe.
    """

    def __init__(
        self,
        name: str,
        *,
        redis_url: str,
        is_answer: Callable[[BaseException], bool],
        fail_max: int = 5,
        reset_timeout_seconds: int = 30,
    ) -> None:
        self.name = name
        self._url = redis_url
        self._is_answer = is_answer
        self._fail_max = fail_max
        self._reset_timeout_seconds = reset_timeout_seconds
        self._made: pybreaker.CircuitBreaker | None = None

    def _breaker(self) -> pybreaker.CircuitBreaker | None:
        """Return the breaker; None while Redis cannot be asked. Made late: pybreaker reads Redis in its constructor."""
        if self._made is None:
            client = redis_client(self._url)
            try:
                client.ping()
                storage = pybreaker.CircuitRedisStorage(pybreaker.STATE_CLOSED, client, namespace=self.name)
            except RedisError:
                return None
            self._made = pybreaker.CircuitBreaker(
                fail_max=self._fail_max,
                reset_timeout=self._reset_timeout_seconds,
                exclude=[self._is_answer],
                state_storage=storage,
                name=self.name,
                throw_new_error_on_trip=False,
            )
        return self._made

    @property
    def state(self) -> str:
        """Return closed, open or half-open; closed while Redis cannot be asked."""
        try:
            made = self._breaker()
            return made.current_state if made else pybreaker.STATE_CLOSED
        except RedisError:
            return pybreaker.STATE_CLOSED

    @property
    def is_closed(self) -> bool:
        """Whether a call would be let through."""
        return self.state == pybreaker.STATE_CLOSED

    @property
    def may_probe(self) -> bool:
        """Whether it is open, and has been for long enough to try something harmless."""
        made = None if self.is_closed else self._breaker()
        if made is None:
            return False
        opened_at = made._state_storage.opened_at
        return opened_at is None or datetime.now(UTC) >= opened_at + timedelta(seconds=self._reset_timeout_seconds)

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run the guarded operation and count how it went. Its own exception comes through, always."""
        try:
            result = function(*args)
        except Exception as error:
            self._count(error)
            raise
        self._count(None)
        return result

    def probe(self, function: Callable[[], Any]) -> None:
        """Try something harmless; its success closes the breaker, its failure keeps it open. Raises what it raises."""
        try:
            function()
        except Exception as error:
            if not self._is_answer(error):
                self.force_open()
            raise
        self.force_close()

    def force_open(self) -> None:
        """Open it now, or open it for longer."""
        self._tell(lambda made: made.open())

    def force_close(self) -> None:
        """Close it now."""
        self._tell(lambda made: made.close())

    def _count(self, error: Exception | None) -> None:
        """Tell pybreaker the outcome of a call that it did not hold its lock for."""

        def replay() -> None:
            if error is not None:
                raise error

        self._tell(lambda made: made.call(replay), outcome=error)

    def _tell(self, what: Callable[[pybreaker.CircuitBreaker], object], *, outcome: Exception | None = None) -> None:
        """Change the shared state. What goes wrong with it is logged: it must never replace the outcome of a call."""
        try:
            if made := self._breaker():
                what(made)
        except Exception as error:
            if error is not outcome and not isinstance(error, pybreaker.CircuitBreakerError):
                log.warning("breaker_state_lost", breaker=self.name, error=type(error).__name__)
