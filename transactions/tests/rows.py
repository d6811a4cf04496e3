"""Rows in any state, for tests of what the database refuses.

`place` puts a row where no legal path led it, by suspending our triggers for that one statement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from transactions import vault
from transactions.models import PayoutAttempt, Transaction
from transactions.tests.factories import TransactionFactory

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@contextmanager
def _without_triggers(table: str) -> Iterator[None]:
    """Suspend our triggers on a table, for statements that no legal path would lead to."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        cursor.execute(
            f"SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE {table} ENABLE TRIGGER USER; SET CONSTRAINTS ALL DEFERRED"
        )


def transaction_row() -> Transaction:
    """A fresh transaction, with everything it refers to."""
    return TransactionFactory.create(created_at=AT)


def place(row: Transaction, **columns: Any) -> Transaction:
    """Write columns of a transaction whatever the triggers say."""
    with _without_triggers("transactions"):
        Transaction.objects.filter(id=row.id).update(**columns)
    row.refresh_from_db()
    return row


def attempt_row(row: Transaction, *, outcome: str = "open", number: int = 1, **columns: Any) -> PayoutAttempt:
    """An attempt with any outcome, whatever the triggers say."""
    if outcome == "succeeded":
        columns.setdefault("receipt", f"R{number}{row.id.hex[-8:]}".upper())
    attempt = PayoutAttempt(
        transaction=row,
        number=number,
        provider="mpesa",
        reference=f"{row.id.hex}-{number}",
        amount_kes=row.amount_kes,
        outcome=outcome,
        url_hash=vault.digest(f"{row.id}{number}"),
        send_before=AT + timedelta(seconds=15),
        created_at=AT,
        **columns,
    )
    with _without_triggers("payout_attempts"):
        attempt.save(force_insert=True)
    return attempt


def retie(row: Transaction, url_hash: str) -> None:
    """Bind a transaction's only attempt to another URL of ours, which the triggers forbid."""
    with _without_triggers("payout_attempts"):
        PayoutAttempt.objects.filter(transaction=row).update(url_hash=url_hash)
