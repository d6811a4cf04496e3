"""Pages by keyset, newest first: page a million costs what page one does, and new rows move nothing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core import signing
from django.db.models import QuerySet

from transactions.api.errors import InvalidParameter
from transactions.models import Transaction

_SALT = "transactions.api.cursor"


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the cursor of those that follow; empty if these are the last."""

    rows: list[Transaction]
    next_cursor: str


def page(rows: QuerySet[Transaction], *, cursor: str, limit: int) -> Page:
    """Cut one page out of rows that are ordered newest first. Raises InvalidParameter."""
    if cursor:
        created_at, last_id = _read(cursor)
        # In this form PostgreSQL starts in the middle of the index on (created_at, id).
        rows = rows.filter(created_at__lte=created_at).exclude(created_at=created_at, id__gte=last_id)
    found = list(rows[: limit + 1])
    shown = found[:limit]
    return Page(shown, _write(shown[-1]) if len(found) > limit else "")


def _write(last: Transaction) -> str:
    return signing.dumps([last.created_at.isoformat(), last.id.hex], salt=_SALT)


def _read(cursor: str) -> tuple[datetime, UUID]:
    try:
        created_at, last_id = signing.loads(cursor, salt=_SALT)
    except signing.BadSignature:
        raise InvalidParameter({"cursor": "Take it from `next` of the page before, unchanged."}) from None
    return datetime.fromisoformat(created_at), UUID(last_id)
