"""The OAuth token: one per app, shared by everything that uses the app.

Asking Daraja for a token kills the one before it, so two processes that each fetch their own take it in turns to break
each other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Protocol

EARLY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class FetchedToken:
    """A token as Daraja handed it out."""

    value: str = field(repr=False)
    expires_in_seconds: int

    @property
    def use_for_seconds(self) -> float:
        """How long to use it: until a minute before it expires, or for half its life if that is longer."""
        return max(self.expires_in_seconds - EARLY_SECONDS, self.expires_in_seconds / 2)


Fetch = Callable[[], FetchedToken]


class TokenStore(Protocol):
    """Keeps the token. `fetch` is called under the store's lock, and what it raises passes through."""

    def current(self, fetch: Fetch) -> str:
        """Return the stored token, fetching one if there is none or it is about to expire."""
        ...

    def renew(self, stale: str, fetch: Fetch) -> str:
        """Return a token other than `stale`: fetch only if `stale` is still the stored one, else as `current`."""
        ...


class MemoryTokenStore:
    """A token store for a single process."""

    def __init__(self, *, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._value = ""
        self._fetch_at = 0.0

    def current(self, fetch: Fetch) -> str:
        """Return the stored token, fetching one if there is none or it is about to expire."""
        with self._lock:
            return self._current(fetch)

    def renew(self, stale: str, fetch: Fetch) -> str:
        """Return a token other than `stale`: fetch only if `stale` is still the stored one."""
        with self._lock:
            if self._value == stale:
                self._value = ""
            return self._current(fetch)

    def _current(self, fetch: Fetch) -> str:
        if not self._value or self._seconds() >= self._fetch_at:
            token = fetch()
            self._value, self._fetch_at = token.value, self._seconds() + token.use_for_seconds
        return self._value
