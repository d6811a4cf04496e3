"""The sandbox's own time: a clock that can be moved forward, and the table of what is due on it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count

#: called with the instant it was due at, which lies in the past when the clock was moved beyond it
Action = Callable[[datetime], None]


class Clock:
    """Real time plus an offset."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


class Timetable:
    """What happens when. Due actions run in the order of their instants, also when the clock jumps over many."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._entries: list[tuple[datetime, int, Action]] = []
        self._order = count()
        self._alarm: asyncio.TimerHandle | None = None

    def at(self, instant: datetime, action: Action) -> None:
        entry = (instant, next(self._order), action)
        heappush(self._entries, entry)
        if self._entries[0] is entry:
            self._arm()

    def run_due(self) -> None:
        try:
            while self._entries and self._entries[0][0] <= self.clock.now():
                instant, _, action = heappop(self._entries)
                action(instant)
        finally:
            self._arm()

    def clear(self) -> None:
        self._entries.clear()
        self._arm()

    def _arm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._entries:
            delay_seconds = (self._entries[0][0] - self.clock.now()).total_seconds()
            self._alarm = asyncio.get_running_loop().call_later(max(0.0, delay_seconds), self.run_due)
