"""What every adapter shares: three kinds of failure, decided by where the call failed, and the measuring of calls.

Adapters raise nothing else of their own accord. `Uncertain` is the default: whatever an adapter does not know to be
one of the other two is uncertain.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from time import perf_counter

#: set when this process is told to stop: an order that has not been dialled by then is not sent any more
stopping = Event()

#: codes of NotSent that say nothing about the provider
OUR_OWN_DOING = frozenset({"late", "stopping"})

Observer = Callable[[str, str, str, float], None]
_observers: list[Observer] = []


class ProviderError(Exception):
    """A provider call did not give the answer that was asked for."""

    outcome = "error"

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class NotSent(ProviderError):
    """Certainly did not reach them (DNS, connect, TLS, pool, too late). Safe to send again."""

    outcome = "not_sent"


class Rejected(ProviderError):
    """Certainly refused, by a documented synchronous no.

    `is_curable`: the same order may succeed later (token, spike arrest, quota, float, credential); `is_gateway`: the
    gateway said it, not the system that pays, so ask once about this attempt before the next one is sent.
    """

    outcome = "rejected"

    def __init__(self, message: str, *, code: str = "", is_curable: bool = False, is_gateway: bool = False) -> None:
        super().__init__(message, code=code)
        self.is_curable = is_curable
        self.is_gateway = is_gateway


class Uncertain(ProviderError):
    """Nobody knows whether it was carried out. Ask; never send again."""

    outcome = "uncertain"


class NotFound(Rejected):
    """The provider answered that it knows no such thing. What that means depends on what was confirmed before."""

    outcome = "not_found"


def observe(observer: Observer) -> None:
    """Call `observer(provider, operation, outcome, seconds)` after every provider call of this process."""
    if observer not in _observers:
        _observers.append(observer)


@contextmanager
def measured(provider: str, operation: str) -> Iterator[None]:
    """Time one provider call and tell the observers how it ended."""
    started, outcome = perf_counter(), "error"
    try:
        yield
        outcome = "ok"
    except ProviderError as error:
        outcome = error.outcome
        raise
    finally:
        for observer in _observers:
            observer(provider, operation, outcome, perf_counter() - started)
