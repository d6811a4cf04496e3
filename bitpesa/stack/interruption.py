"""Ctrl-C and SIGTERM: an exception at any moment but those in which a process would be lost."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequested(BaseException):
    """Somebody asked the stack to stop. No error: what was started is ended in order."""


class _Moment:
    """Whether the signal may interrupt now, and whether one came when it might not."""

    def __init__(self) -> None:
        self.holds = 0
        self.is_pending = False
        self.is_stopping = False

    def arrive(self, _signum: int, _frame: FrameType | None) -> None:
        if self.holds:
            self.is_pending = True
        elif not self.is_stopping:  # an impatient second Ctrl-C must not cut the ordered stop short
            self.is_stopping = True
            raise StopRequested


_moment = _Moment()


def listen() -> None:
    """Turn the stop signals into StopRequested. Set explicitly: shells start `&` jobs with SIGINT ignored."""
    signal.signal(signal.SIGINT, _moment.arrive)
    signal.signal(signal.SIGTERM, _moment.arrive)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored means nohup: the terminal may go
        signal.signal(signal.SIGHUP, _moment.arrive)


@contextmanager
def held() -> Iterator[None]:
    """Keep StopRequested back for a moment, and raise it at the end if it was asked for meanwhile."""
    _moment.holds += 1
    try:
        yield
    finally:
        _moment.holds -= 1
    if _moment.is_pending and not _moment.holds:
        _moment.is_pending, _moment.is_stopping = False, True
        raise StopRequested


@contextmanager
def refused() -> Iterator[None]:
    """Drop stop requests for a while: the stack is stopping already, or the signal is meant for another."""
    _moment.holds += 1
    try:
        yield
    finally:
        _moment.holds -= 1
        _moment.is_pending = False
