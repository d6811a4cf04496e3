"""A day of hours as bars: geometry for an SVG, and the same numbers for its table."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from frontend import times
from transactions.selectors import Hour

HOURS = 24
#: the drawing's own units: it is stretched to whatever room there is
BAR_WIDTH, GAP, HEIGHT = 8, 2, 100
_ROUND = (1, 2, 4, 5, 8, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour and its place in the drawing."""

    hour: Hour
    x: int
    y: float
    height: float

    @property
    def starts(self) -> str:
        """The hour as a clock says it."""
        return times.clock(self.hour.starts_at)


@dataclass(frozen=True, slots=True)
class Chart:
    """All bars, and what its axis says."""

    bars: list[Bar]
    top: int
    total_kes: int
    best: Bar | None
    width: int = HOURS * (BAR_WIDTH + GAP) - GAP
    bar_width: int = BAR_WIDTH

    @property
    def marks(self) -> list[Bar]:
        """The hours that are named below the axis."""
        return [bar for number, bar in enumerate(self.bars) if number % 6 == 0] + self.bars[-1:]

    @property
    def middle(self) -> int:
        """Half of the axis."""
        return self.top // 2


def hourly(hours: Iterable[Hour], *, since: datetime) -> Chart:
    """Lay out the 24 hours from `since`; an hour without payouts is an empty place."""
    known = {hour.starts_at: hour for hour in hours}
    starts = [since + timedelta(hours=number) for number in range(HOURS)]
    full = [known.get(start, Hour(start, 0, 0)) for start in starts]
    top = round_up(max(hour.completed_kes for hour in full))
    bars = [_bar(number, hour, top) for number, hour in enumerate(full)]
    best = max(bars, key=lambda bar: bar.hour.completed_kes)
    total_kes = sum(hour.completed_kes for hour in full)
    return Chart(bars=bars, top=top, total_kes=total_kes, best=best if total_kes else None)


def _bar(number: int, hour: Hour, top: int) -> Bar:
    height = round(HEIGHT * hour.completed_kes / top, 1)
    return Bar(hour, x=number * (BAR_WIDTH + GAP), y=round(HEIGHT - height, 1), height=height)


def round_up(value: int) -> int:
    """The next round number: what an axis can end with."""
    size = int("1" + "0" * max(len(str(value)) - 1, 1))
    return next(size * step for step in _ROUND if size * step >= value)
