"""How the day goes: today's figures beside yesterday's at this time, the last 24 hours, and what came last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from frontend import statuses, times
from frontend.chart import Chart, hourly
from frontend.pages.base import Page, show
from transactions import selectors

LATEST = 8
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tile:
    """One question, its answer, and what to compare that with; a link to the list behind it."""

    label: str
    figure: int
    beside: str
    query: str
    colour: str = ""


def view(request: HttpRequest) -> HttpResponse:
    """Show the overview."""
    now = timezone.now()
    context = {
        "now": now,
        "tiles": _tiles(now),
        "chart": _chart(now),
        "rows": selectors.list_matching()[:LATEST],
        "kill_switch": selectors.find_kill_switch(),
        "has_price": selectors.find_snapshot(at=now) is not None,
    }
    return show(request, "overview", context)


def _tiles(now: datetime) -> list[Tile]:
    today = times.day_of(now)
    midnight = times.starts_at(today)
    figures = selectors.get_figures(since=midnight, until=now)
    before = selectors.get_figures(since=midnight - ONE_DAY, until=now - ONE_DAY)
    day = f"&day={today.isoformat()}"
    return [
        Tile("Paid out, KES", figures.completed_kes, _beside(before.completed_kes), f"status=completed{day}"),
        Tile("Completed", figures.completed, _beside(before.completed), f"status=completed{day}"),
        *_standing(now),
        Tile("Refunded", figures.refunded, _beside(before.refunded), f"status=refunded{day}"),
    ]


def _standing(now: datetime) -> list[Tile]:
    """What is so at this moment, whenever it began. Nothing of this kind is compared with yesterday."""
    counts = selectors.count_by_status()
    questions = (
        ("In motion", "in_motion", statuses.IN_MOTION, ""),
        ("Nobody knows yet", "payout_uncertain", statuses.UNCERTAIN, "alarm"),
        ("Under review", "under_review", statuses.REVIEWED, "alarm"),
    )
    tiles = []
    for label, name, meant, colour in questions:
        count = sum(counts.get(status, 0) for status in meant)
        oldest = selectors.find_oldest_in(meant) if count else None
        beside = f"oldest {times.span(now - oldest)}" if oldest else "none"
        tiles.append(Tile(label, count, beside, f"status={name}", colour if count else ""))
    return tiles


def _beside(before: int) -> str:
    return f"yesterday {before:,}"


def _chart(now: datetime) -> Chart:
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    since = this_hour - timedelta(hours=23)
    return hourly(selectors.list_hours(since=since, until=now), since=since)


PAGE = Page("overview", "Overview", "", view)
