"""The dashboard's pages: `ALL` is the menu and the URLs."""

from typing import Any

from django.http import HttpRequest

from frontend.pages import overview, transaction, transactions
from frontend.pages.base import Page

ALL: tuple[Page, ...] = (overview.PAGE, transactions.PAGE, transaction.PAGE)


def menu(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what the person at the screen may go to. Reads nothing unless a template shows it."""
    return {"menu": lambda: _entries(request)}


def _entries(request: HttpRequest) -> list[tuple[Page, str]]:
    """The pages of the menu, with what `aria-current` says of each: this one, the one this belongs to, or neither."""
    name = request.resolver_match.url_name if request.resolver_match else ""
    current = {page.belongs_to: "true" for page in ALL if page.name == name} | {name: "page"}
    return [(page, current.get(page.name, "")) for page in ALL if page.is_in_menu and page.permission(request.user)]


__all__ = ["ALL", "Page", "menu"]
