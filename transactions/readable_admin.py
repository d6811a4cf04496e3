"""How the admin shows rows: to be read, instants and money as people read them."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin
from django.db.models import DateTimeField, Model
from django.db.models.options import Options
from django.http import HttpRequest

from transactions.money import CENTS_PER_KES

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


def _thousands(number: int | Decimal) -> str:
    return f"{number:,}"


def _shillings(amount_cents: int) -> str:
    return f"{Decimal(amount_cents) / CENTS_PER_KES:,.2f}"


def _instant(at: datetime) -> str:
    return at.astimezone(ZoneInfo(settings.DISPLAY_TIME_ZONE)).strftime("%-d %b %Y, %H:%M:%S %Z")


#: how the name of an amount ends → how its heading does, and how it is written
_AMOUNTS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "_kes": (", KES", _thousands),
    "_cents": (", KES", _shillings),
    "_msat": (", msat", _thousands),
    "kes_per_btc": ("KES per BTC", _thousands),
}


@cache
def _readable(options: "Options[Any]", name: str) -> Any:
    """Stand for a column of instants or of money as people read it; for any other, its name."""
    if name not in {field.name for field in options.fields}:
        return name
    if isinstance(options.get_field(name), DateTimeField):
        return _column(name, name, _instant)
    for end, (heading, write) in _AMOUNTS.items():
        if name.endswith(end):
            return _column(name, name.removesuffix(end) + heading, write)
    return name


def _column(name: str, heading: str, write: Callable[[Any], str]) -> Any:
    @admin.display(description=heading[0].upper() + heading[1:].replace("_", " "), ordering=name)
    def written(row: Model) -> str:
        value = getattr(row, name)
        return admin.site.empty_value_display if value is None else write(value)

    written.__name__ = name
    return written


class ReadableAdmin(ModelAdmin):
    """Names columns as models do; shows times as Nairobi has them, and figures with separators and units."""

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """What a list shows."""
        return self._columns(self.list_display)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """What can only be read."""
        return self._columns(self.readonly_fields)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """What a page of one row shows."""
        return self._columns(self.fields)

    def _columns(self, names: Any) -> tuple[Any, ...]:
        return tuple(_readable(self.opts, name) for name in names)


class ReadOnlyAdmin(ReadableAdmin):
    """Rows to look at: nothing is added, changed or deleted here."""

    #: what may be seen of one row; everything else is kept back
    shown: ClassVar[tuple[str, ...]]
    show_full_result_count = False
    list_per_page = 50

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """Show the allowed fields and no others."""
        return self._columns(self.shown)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """All of them can only be read."""
        return self._columns(self.shown)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
