"""Rows in any state, for tests of what the database refuses.

`place` puts a row where no legal path led it, by suspending triggers for that one statement.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from transactions import vault
from transactions.models import PayoutAttempt, Transaction
from transactions.tests.factories import TransactionFactory

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def transaction_row() -> Transaction:
    """A fresh transaction, with everything it refers to."""
    return TransactionFactory.create(created_at=AT)


def place(row: Transaction, **columns: Any) -> Transaction:
    """Write columns of a transaction whatever the triggers say."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        Transaction.objects.filter(id=row.id).update(**columns)
        cursor.execute("SET session_replication_role = DEFAULT")
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
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        attempt.save(force_insert=True)
        cursor.execute("SET session_replication_role = DEFAULT")
    return attempt


def retie(row: Transaction, url_hash: str) -> None:
    """Bind a transaction's only attempt to another URL of ours, which the triggers forbid."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        PayoutAttempt.objects.filter(transaction=row).update(url_hash=url_hash)
        cursor.execute("SET session_replication_role = DEFAULT")
