"""What must never happen, tried by raw SQL: the constraints and triggers of PostgreSQL refuse it."""

import pytest
from django.db import DatabaseError, connection, transaction

from transactions.models import PayoutAttempt, Transaction
from transactions.tests.factories import at_status
from transactions.tests.rows import AT, attempt_row, place, transaction_row

pytestmark = pytest.mark.django_db

MAY_HAVE_PAID = ("open", "succeeded")
CERTAINLY_NOT = ("not_sent", "rejected", "failed")


def _sql(statement: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def _insert_attempt(row: Transaction, *, number: int = 2, outcome: str = "open", surplus_kes: int = 0) -> None:
    _sql(
        """INSERT INTO payout_attempts (id, transaction_id, number, provider, reference, amount_kes, outcome, code,
               is_gateway_refusal, is_curable, url_hash, send_before, created_at, provider_id)
           VALUES (gen_random_uuid(), %s, %s, 'mpesa', %s, %s, %s, '', false, false, %s, now(), now(), '')""",
        *(row.id, number, f"{row.id.hex}-{number}", row.amount_kes + surplus_kes, outcome, f"hash-{number}"),
    )


def _insert_refund(row: Transaction) -> None:
    _sql(
        "INSERT INTO refunds (id, transaction_id, amount_msat, created_at) VALUES (gen_random_uuid(), %s, 1000, now())",
        row.id,
    )


@pytest.mark.parametrize("outcome", MAY_HAVE_PAID)
def test_a_second_attempt_that_may_have_paid_is_refused(outcome: str) -> None:
    row = place(transaction_row(), status="payout_deferred")
    attempt_row(row, outcome=outcome)

    with pytest.raises(DatabaseError, match="payout_attempt_one_may_have_paid"):
        _insert_attempt(row)


@pytest.mark.parametrize("outcome", CERTAINLY_NOT)
def test_an_attempt_after_one_that_certainly_did_not_pay_is_taken(outcome: str) -> None:
    row = place(transaction_row(), status="payout_deferred")
    attempt_row(row, outcome=outcome)

    _insert_attempt(row)

    assert PayoutAttempt.objects.filter(transaction=row).count() == 2


@pytest.mark.parametrize("outcome", MAY_HAVE_PAID)
def test_a_refund_beside_an_attempt_that_may_have_paid_is_refused(outcome: str) -> None:
    row = place(transaction_row(), status="under_review")
    attempt_row(row, outcome=outcome)

    with pytest.raises(DatabaseError, match="refund beside an attempt"):
        _insert_refund(row)


@pytest.mark.parametrize("outcome", MAY_HAVE_PAID)
def test_a_cancel_beside_an_attempt_that_may_have_paid_is_refused(outcome: str) -> None:
    row = place(transaction_row(), status="payout_pending")
    attempt_row(row, outcome=outcome)

    with pytest.raises(DatabaseError, match="cancel beside an attempt"):
        _sql("UPDATE transactions SET cancel_intended_at = now() WHERE id = %s", row.id)


def test_an_attempt_beside_a_cancel_intent_is_refused() -> None:
    row = place(transaction_row(), status="paid", cancel_intended_at=AT)

    with pytest.raises(DatabaseError, match="attempt after a cancel"):
        _insert_attempt(row)


def test_an_attempt_beside_a_refund_is_refused() -> None:
    row = place(transaction_row(), status="paid")
    _insert_refund(row)

    with pytest.raises(DatabaseError, match="attempt beside a refund"):
        _insert_attempt(row)


def test_an_attempt_beside_an_early_settlement_is_refused() -> None:
    row = place(transaction_row(), status="payout_deferred", settled_early_at=AT)

    with pytest.raises(DatabaseError, match="attempt after the deadline act"):
        _insert_attempt(row)


@pytest.mark.parametrize(
    "status", ["created", "awaiting_payment", "refunding", "refunded", "completed", "under_review"]
)
def test_an_attempt_in_the_wrong_status_is_refused(status: str) -> None:
    row = place(transaction_row(), status=status)

    with pytest.raises(DatabaseError, match="attempt while"):
        _insert_attempt(row)


def test_an_attempt_pays_what_was_promised() -> None:
    row = place(transaction_row(), status="paid")

    with pytest.raises(DatabaseError, match="pays what was promised"):
        _insert_attempt(row, surplus_kes=1)


@pytest.mark.parametrize("outcome", ["succeeded", *CERTAINLY_NOT])
def test_an_attempt_begins_open(outcome: str) -> None:
    row = place(transaction_row(), status="paid")

    with pytest.raises(DatabaseError, match=r"begins open|success_has_receipt"):
        _insert_attempt(row, outcome=outcome)


@pytest.mark.parametrize(
    ("before", "after"),
    [(a, b) for a in ("succeeded", *CERTAINLY_NOT) for b in ("open", "succeeded", *CERTAINLY_NOT) if a != b],
)
def test_an_attempt_is_decided_once(before: str, after: str) -> None:
    row = place(transaction_row(), status="under_review")
    attempt = attempt_row(row, outcome=before, receipt="ABC")

    with pytest.raises(DatabaseError, match="decided once"):
        _sql("UPDATE payout_attempts SET outcome = %s WHERE id = %s", after, attempt.id)


def test_a_success_needs_a_receipt_and_a_receipt_pays_once() -> None:
    first, second = (place(transaction_row(), status="payout_pending") for _ in range(2))
    attempt_row(first, outcome="succeeded", receipt="SG632NMUAB")
    attempt = attempt_row(second)

    with pytest.raises(DatabaseError, match="success_has_receipt"):
        _sql("UPDATE payout_attempts SET outcome = 'succeeded' WHERE id = %s", attempt.id)
    with pytest.raises(DatabaseError, match="payout_attempt_receipt_once"):
        _sql("UPDATE payout_attempts SET receipt = 'SG632NMUAB' WHERE id = %s", attempt.id)


@pytest.mark.parametrize("column", ["cancel_intended_at", "settled_early_at"])
def test_an_intent_once_committed_stays(column: str) -> None:
    row = place(transaction_row(), status="under_review", **{column: AT})

    with pytest.raises(DatabaseError, match="stays"):
        _sql(f"UPDATE transactions SET {column} = NULL WHERE id = %s", row.id)  # noqa: S608


@pytest.mark.parametrize("column", ["amount_kes", "amount_msat"])
def test_what_a_transaction_is_about_cannot_change(column: str) -> None:
    row = transaction_row()

    with pytest.raises(DatabaseError, match="cannot change"):
        _sql(f"UPDATE transactions SET {column} = {column} + 1 WHERE id = %s", row.id)  # noqa: S608


def test_what_an_invoice_asks_for_cannot_change() -> None:
    row = at_status("awaiting_payment")

    with pytest.raises(DatabaseError, match="cannot change"):
        _sql("UPDATE lightning_invoices SET payment_hash = 'other' WHERE transaction_id = %s", row.id)


@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("table", ["transactions", "payout_attempts", "lightning_invoices", "transaction_events"])
def test_evidence_can_be_neither_deleted_nor_truncated(table: str, statement: str) -> None:
    at_status("payout_pending")

    _sql("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match=r"evidence|foreign key"):
        _sql(statement.format(table))


def test_events_cannot_be_rewritten() -> None:
    transaction_row()

    with pytest.raises(DatabaseError, match="evidence"):
        _sql("UPDATE transaction_events SET reason = 'another'")
