"""Instants as people read them. Stored in UTC, shown as Nairobi has them."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

ZONE = ZoneInfo(settings.DISPLAY_TIME_ZONE)
_STEPS = ((86_400, "day", "days"), (3_600, "h", "h"), (60, "min", "min"), (1, "s", "s"))


def exact(at: datetime) -> str:
    """`22 Nov 2026, 14:06:02 EAT`."""
    return at.astimezone(ZONE).strftime("%-d %b %Y, %H:%M:%S %Z")


def date_and_clock(at: datetime) -> str:
    """`22 Nov 2026, 14:06 EAT`."""
    return at.astimezone(ZONE).strftime("%-d %b %Y, %H:%M %Z")


def clock(at: datetime) -> str:
    """`14:06`."""
    return at.astimezone(ZONE).strftime("%H:%M")


def span(length: timedelta) -> str:
    """The largest unit of a length of time: `3 min`, `2 days`."""
    seconds = int(length.total_seconds())
    for size, one, many in _STEPS:
        if seconds >= size:
            count = seconds // size
            return f"{count} {one if count == 1 else many}"
    return "0 s"


def ago(at: datetime, *, now: datetime) -> str:
    """How far an instant is away, in words."""
    if abs(now - at) < timedelta(seconds=2):
        return "just now"
    return f"{span(now - at)} ago" if at < now else f"in {span(at - now)}"


def by(at: datetime, *, now: datetime) -> str:
    """When something is going to happen: `at 14:06`, or how soon if that is sooner than a clock can say."""
    if at <= now + timedelta(seconds=5):
        return "now"
    if at < now + timedelta(minutes=1):
        return "within a minute"
    return f"at {clock(at)}"


def day_of(at: datetime) -> date:
    """The day an instant belongs to."""
    return at.astimezone(ZONE).date()


def starts_at(day: date) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time.min, tzinfo=ZONE)
