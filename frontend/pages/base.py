"""A page of the dashboard: everything the menu and the URLs need to know about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path

from frontend import access, live


@dataclass(frozen=True, slots=True)
class Page:
    """One page. Those whose address needs no argument are in the menu; others belong to one that is."""

    name: str
    label: str
    route: str
    view: access.View
    permission: Callable[[access.Person], bool] = access.may_look
    belongs_to: str = ""

    @property
    def is_in_menu(self) -> bool:
        """Whether one can go there without naming something."""
        return "<" not in self.route

    @property
    def pattern(self) -> URLPattern:
        """Its entry among the URLs."""
        return path(self.route, access.restricted(self.view, self.permission), name=self.name)


def show(request: HttpRequest, name: str, context: dict[str, Any], *, subject: str = live.EVERYTHING) -> HttpResponse:
    """Render a page, or with `?part` only what changes on it. An empty subject makes a page that stays as it is."""
    if "part" in request.GET:
        return render(request, f"frontend/parts/_{name}.html", context)
    stream = live.stream_url(subject) if subject else ""
    return render(
        request, f"frontend/pages/{name}.html", {**context, "part": f"frontend/parts/_{name}.html", "stream": stream}
    )
