"""All transactions: filtered by what the address says, searched by any name one has, page by page."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from frontend import live, statuses, times
from frontend.pages.base import Page, show
from transactions import selectors

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for. What cannot be read is left out, never an error."""

    status: str = ""
    day: date | None = None
    text: str = ""
    after: tuple[datetime, UUID] | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> "Filters":
        """Read them from the address."""
        status = request.GET.get("status", "")
        return cls(
            status=status if statuses.meant_by(status) else "",
            day=_day(request.GET.get("day", "")),
            text=request.GET.get("q", "").strip()[:100],
            after=_place(request.GET.get("after", "")),
        )

    @property
    def query(self) -> str:
        """The same filters as an address has them, without the place."""
        named = {"status": self.status, "day": self.day.isoformat() if self.day else "", "q": self.text}
        return urlencode({name: value for name, value in named.items() if value})


def view(request: HttpRequest) -> HttpResponse:
    """Show a page of the list. A search that can mean one transaction only goes there."""
    filters = Filters.of(request)
    found = selectors.find_named(filters.text) if filters.text else []
    if len(found) == 1 and "part" not in request.GET:
        return redirect("frontend:transaction", transaction_id=found[0])
    rows, has_more = selectors.list_page(_matching(filters, found), after=filters.after, size=PAGE_SIZE)
    context = {
        "now": timezone.now(),
        "rows": rows,
        "filters": filters,
        "choices": statuses.choices(),
        "next_page": urlencode({"after": _name_of_place(rows[-1].created_at, rows[-1].id)}) if has_more else "",
    }
    return show(request, "transactions", context, subject="" if filters.after else live.EVERYTHING)


def _matching(filters: Filters, found: list[UUID]) -> QuerySet[Any]:
    since = times.starts_at(filters.day) if filters.day else None
    rows = selectors.list_matching(
        statuses=statuses.meant_by(filters.status), since=since, until=since + timedelta(days=1) if since else None
    )
    return rows.filter(id__in=found) if filters.text else rows


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _name_of_place(created_at: datetime, last_id: UUID) -> str:
    return f"{created_at.isoformat()}_{last_id}"


def _place(text: str) -> tuple[datetime, UUID] | None:
    instant, _, last_id = text.partition("_")
    try:
        created_at = datetime.fromisoformat(instant)
        return (created_at, UUID(last_id)) if created_at.tzinfo else None
    except ValueError:
        return None


PAGE = Page("transactions", "Transactions", "transactions/", view)
