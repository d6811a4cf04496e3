"""Every move, legal and illegal, by the code and by raw SQL. The database holds when the code is wrong."""

import itertools

import pytest
from django.db import DatabaseError, connection, transaction

from transactions import lifecycle
from transactions.errors import IllegalMove
from transactions.models import Transaction, TransactionEvent
from transactions.tests.rows import AT, attempt_row, place, transaction_row

pytestmark = pytest.mark.django_db

STATUSES = sorted(lifecycle.MOVES)
PAIRS = [(a, b) for a, b in itertools.product(STATUSES, STATUSES) if a != b]
LEGAL = [(a, b) for a, b in PAIRS if b in lifecycle.MOVES[a]]
ILLEGAL = [(a, b) for a, b in PAIRS if b not in lifecycle.MOVES[a]]
NEEDS_SUCCESS = ("settling", "completed")


def _row_at(status: str, *, going_to: str) -> Transaction:
    row = place(transaction_row(), status=status)
    if going_to in NEEDS_SUCCESS:
        attempt_row(row, outcome="succeeded")
    return row


def _raw_move(row: Transaction, to: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE transactions SET status = %s WHERE id = %s", [to, row.id])


@pytest.mark.parametrize(("a", "b"), LEGAL)
def test_a_legal_move_is_made_and_written_down(a: str, b: str) -> None:
    row = _row_at(a, going_to=b)

    lifecycle.advance(row, b, at=AT, reason="test")

    row.refresh_from_db()
    event = TransactionEvent.objects.filter(transaction=row).latest("id")
    assert (row.status, event.from_status, event.to_status) == (b, a, b)


@pytest.mark.parametrize(("a", "b"), LEGAL)
def test_a_legal_move_by_raw_sql_is_taken(a: str, b: str) -> None:
    row = _row_at(a, going_to=b)

    _raw_move(row, b)

    row.refresh_from_db()
    assert row.status == b


@pytest.mark.parametrize(("a", "b"), ILLEGAL)
def test_an_illegal_move_is_refused_by_the_code(a: str, b: str) -> None:
    row = _row_at(a, going_to=b)

    with pytest.raises(IllegalMove):
        lifecycle.advance(row, b, at=AT, reason="test")


@pytest.mark.parametrize(("a", "b"), ILLEGAL)
def test_an_illegal_move_is_refused_by_the_database(a: str, b: str) -> None:
    row = _row_at(a, going_to=b)

    with pytest.raises(DatabaseError, match="no such move"):
        _raw_move(row, b)


def test_the_databases_table_is_the_codes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT from_status, to_status FROM lifecycle_moves")
        assert set(cursor.fetchall()) == {(a, b) for a, moves in lifecycle.MOVES.items() for b in moves}


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "created"])
def test_a_transaction_begins_as_created(status: str) -> None:
    row = transaction_row()
    columns = [field.column for field in Transaction._meta.concrete_fields if field.column not in ("id", "status")]
    names = ", ".join(columns)
    with pytest.raises(DatabaseError, match="begins as created"), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO transactions (id, status, {names}) SELECT gen_random_uuid(), %s, {names} FROM transactions"  # noqa: S608
            " WHERE id = %s",
            [status, row.id],
        )


@pytest.mark.parametrize("status", ["settling", "completed"])
def test_the_sats_are_not_taken_without_a_succeeded_attempt(status: str) -> None:
    row = place(transaction_row(), status="payout_pending" if status == "settling" else "settling")
    attempt_row(row, outcome="open")

    with pytest.raises(DatabaseError, match="without a succeeded attempt"):
        _raw_move(row, status)


@pytest.mark.parametrize(
    ("a", "b"),
    [(a, b) for a, b in LEGAL if b in ("paid", "payout_deferred", "payout_failed", "refunding", "refunded")],
)
@pytest.mark.parametrize("outcome", ["open", "succeeded"])
def test_nothing_is_given_up_beside_an_attempt_that_may_have_paid(a: str, b: str, outcome: str) -> None:
    row = place(transaction_row(), status=a)
    attempt_row(row, outcome=outcome)

    with pytest.raises(DatabaseError, match="beside an attempt that may have paid"):
        _raw_move(row, b)
