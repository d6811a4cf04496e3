"""The life of a transaction: one table, one writer.

`MOVES` is the whole of it, and a trigger holds the same table. `ON_ENTRY` names the step that makes a move go on at
once, `IF_LINGERING` the step the sweeper takes if it did not: lost tasks, lost messages and crashes need no other code.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from structlog.contextvars import get_contextvars

from transactions import dispatch, signals
from transactions.errors import IllegalMove
from transactions.models import PayoutAttempt, Transaction, TransactionEvent

S = Transaction.Status

REVIEWABLE = frozenset(
    {
        S.PAID,
        S.PAYOUT_SUBMITTING,
        S.PAYOUT_DEFERRED,
        S.PAYOUT_PENDING,
        S.PAYOUT_UNCERTAIN,
        S.SETTLING,
        S.PAYOUT_FAILED,
        S.REFUNDING,
    }
)
#: an attempt is on its way, and what becomes of it moves the transaction
IN_PAYOUT = frozenset({S.PAYOUT_SUBMITTING, S.PAYOUT_PENDING, S.PAYOUT_UNCERTAIN})

_MOVES: dict[str, set[str]] = {
    S.CREATED: {S.AWAITING_PAYMENT, S.FAILED},
    S.AWAITING_PAYMENT: {S.PAID, S.EXPIRED, S.CANCELLED, S.REFUNDING},
    S.PAID: {S.PAYOUT_SUBMITTING, S.PAYOUT_DEFERRED, S.REFUNDING},
    S.PAYOUT_SUBMITTING: {S.PAYOUT_PENDING, S.PAYOUT_DEFERRED, S.PAYOUT_UNCERTAIN, S.PAYOUT_FAILED, S.SETTLING},
    S.PAYOUT_DEFERRED: {S.PAYOUT_SUBMITTING, S.REFUNDING},
    S.PAYOUT_PENDING: {S.SETTLING, S.PAYOUT_UNCERTAIN, S.PAYOUT_DEFERRED, S.PAYOUT_FAILED},
    S.PAYOUT_UNCERTAIN: {S.SETTLING, S.PAYOUT_DEFERRED, S.PAYOUT_FAILED},
    S.SETTLING: {S.COMPLETED},
    S.PAYOUT_FAILED: {S.REFUNDING},
    S.REFUNDING: {S.REFUNDED},
    # Money can arrive late, where the backend cannot hold it.
    S.EXPIRED: {S.PAID, S.REFUNDING},
    S.CANCELLED: {S.PAID, S.REFUNDING},
    S.UNDER_REVIEW: {S.SETTLING, S.REFUNDING, S.COMPLETED},
    S.COMPLETED: set(),
    S.FAILED: set(),
    S.REFUNDED: set(),
}
MOVES: dict[str, frozenset[str]] = {
    status: frozenset(moves | ({S.UNDER_REVIEW} if status in REVIEWABLE else set())) for status, moves in _MOVES.items()
}

#: nothing is left to do
ENDED = frozenset({S.COMPLETED, S.FAILED, S.REFUNDED, S.EXPIRED, S.CANCELLED})

ISSUE, LOOK, SUBMIT, RECOVER, QUERY, SETTLE, REFUND, RETURN, REVIEW = (
    "transactions.issue_invoice",
    "transactions.look_at_invoice",
    "transactions.submit_payout",
    "transactions.recover_payout",
    "transactions.query_payout",
    "transactions.settle_invoice",
    "transactions.begin_refund",
    "transactions.return_sats",
    "transactions.review",
)

#: the step that follows from having arrived: sent as a task once the move is committed
ON_ENTRY: dict[str, str] = {
    S.CREATED: ISSUE,
    S.PAID: SUBMIT,
    S.SETTLING: SETTLE,
    S.PAYOUT_FAILED: REFUND,
    S.REFUNDING: RETURN,
}


@dataclass(frozen=True, slots=True)
class Lingering:
    """How long a status may last unseen, and the step the sweeper then takes."""

    after: timedelta
    step: str


IF_LINGERING: dict[str, Lingering] = {
    S.CREATED: Lingering(timedelta(seconds=3), ISSUE),
    S.AWAITING_PAYMENT: Lingering(timedelta(seconds=5), LOOK),
    S.PAID: Lingering(timedelta(seconds=3), SUBMIT),
    S.PAYOUT_SUBMITTING: Lingering(timedelta(seconds=45), RECOVER),
    S.PAYOUT_DEFERRED: Lingering(timedelta(seconds=5), SUBMIT),
    S.PAYOUT_PENDING: Lingering(timedelta(seconds=10), QUERY),
    S.PAYOUT_UNCERTAIN: Lingering(timedelta(seconds=10), QUERY),
    S.SETTLING: Lingering(timedelta(seconds=3), SETTLE),
    S.PAYOUT_FAILED: Lingering(timedelta(seconds=3), REFUND),
    S.REFUNDING: Lingering(timedelta(seconds=3), RETURN),
    S.UNDER_REVIEW: Lingering(timedelta(seconds=60), REVIEW),
}


def locked(transaction_id: UUID) -> Transaction:
    """Lock a transaction's row until the end of the database transaction, and read it.

    Not a key lock: rows that refer to it may still be inserted. Raises Transaction.DoesNotExist.
    """
    return Transaction.objects.select_for_update(no_key=True).get(id=transaction_id)


def locked_with_attempt(attempt_id: UUID) -> tuple[Transaction, PayoutAttempt]:
    """Lock the transaction of an attempt, then read both: whatever decides the attempt waits here."""
    transaction_id = PayoutAttempt.objects.values_list("transaction_id", flat=True).get(id=attempt_id)
    row = locked(transaction_id)
    return row, PayoutAttempt.objects.get(id=attempt_id)


def begin(row: Transaction, *, reason: str) -> None:
    """Insert a new transaction with its first event."""
    row.status = S.CREATED
    row.look_at = row.created_at + IF_LINGERING[S.CREATED].after
    row.save(force_insert=True)
    _record(row, from_status="", at=row.created_at, reason=reason)


def advance(row: Transaction, to: str, *, at: datetime, reason: str, **changes: Any) -> None:
    """Move a locked transaction to another status, write the event, and let the next step follow the commit.

    `changes` are further columns to be set with it. Raises IllegalMove if the table has no such move.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("advance() belongs in the database transaction that locked the row")
    from_status = row.status
    if to not in MOVES[from_status]:
        raise IllegalMove(from_status, to)
    lingering = IF_LINGERING.get(to)
    changes.setdefault("look_at", at + lingering.after if lingering else None)
    if to in ENDED:
        changes["ended_at"] = at
    for column, value in {"status": to, **changes}.items():
        setattr(row, column, value)
    row.save(update_fields=["status", *changes])
    _record(row, from_status=from_status, at=at, reason=reason)


def _record(row: Transaction, *, from_status: str, at: datetime, reason: str) -> None:
    context = get_contextvars()
    to_status = row.status
    TransactionEvent.objects.create(
        transaction=row,
        at=at,
        from_status=from_status,
        to_status=to_status,
        reason=reason,
        actor=context.get("actor", "system"),
        request_id=context.get("request_id", ""),
    )
    transaction.on_commit(lambda: _after(row.id, from_status, to_status, at), robust=True)


def _after(transaction_id: UUID, from_status: str, to_status: str, at: datetime) -> None:
    if step := ON_ENTRY.get(to_status):
        dispatch.send(step, transaction_id)
    signals.status_changed.send_robust(
        sender=Transaction, transaction_id=transaction_id, from_status=from_status, to_status=to_status, at=at
    )
