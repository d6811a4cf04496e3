"""Asking what became of an attempt. An answer comes as a message; no answer, and no error, says anything."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction

from transactions import lifecycle, selectors, vault
from transactions.models import PayoutAttempt, StatusQuery, Transaction
from transactions.providers import registry
from transactions.providers.base import ProviderError
from transactions.providers.payout.base import QueryOrder
from transactions.services import callback_urls, deadline, invoices

log = structlog.get_logger(__name__)
S = Transaction.Status

LOOK_WHILE_REVIEWED = timedelta(minutes=5)
#: how long to wait before asking the first, second … time; the last one for ever
SCHEDULE = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 120, 300, 900, 3_600))


def pause_after(asked: int) -> timedelta:
    """How long to wait for evidence once a question has been asked this often."""
    return SCHEDULE[min(asked, len(SCHEDULE) - 1)]


def ask(transaction_id: UUID, *, at: datetime) -> None:
    """Ask about the attempt nobody is sure of, keep the deadline, and say when to look again."""
    row = Transaction.objects.get(id=transaction_id)
    attempt = selectors.find_attempt_that_may_have_paid(transaction_id)
    if row.status not in lifecycle.IN_PAYOUT or attempt is None or attempt.outcome != PayoutAttempt.Outcome.OPEN:
        return
    ask_if_due(attempt, at=at)
    deadline.guard(transaction_id, at=at)
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        if row.status in lifecycle.IN_PAYOUT:
            invoices.look_again(row, at=at, after=pause_after(attempt.queries.count()))


def ask_if_due(attempt: PayoutAttempt, *, at: datetime) -> None:
    """Ask about an attempt unless a question is younger than the schedule wants."""
    last = attempt.queries.order_by("-asked_at").first()
    if last and at < last.asked_at + pause_after(attempt.queries.count() - 1):
        return
    secret = vault.new_url_secret()
    question = StatusQuery.objects.create(attempt=attempt, url_hash=vault.digest(secret), asked_at=at)
    # Always by our own reference: a receipt learnt from a message could be somebody else's.
    order = QueryOrder(
        reference=attempt.reference,
        receipt="",
        result_url=callback_urls.result(secret),
        timeout_url=callback_urls.timeout(secret),
    )
    try:
        question.provider_id = registry.payouts(attempt.provider).query(order)
    except ProviderError as error:
        question.answer = error.outcome
        log.warning("not_asked", attempt=attempt.reference, outcome=error.outcome, why=str(error))
    # The answer may have come before the reply: touch nothing that it sets.
    StatusQuery.objects.filter(id=question.id).update(provider_id=question.provider_id)
    if question.answer:
        StatusQuery.objects.filter(id=question.id, answer="").update(answer=question.answer)


def review(transaction_id: UUID, *, at: datetime) -> None:
    """Go on asking, and keep the deadline, while a row waits for people."""
    attempt = selectors.find_attempt_that_may_have_paid(transaction_id)
    if attempt and attempt.outcome == PayoutAttempt.Outcome.OPEN:
        ask_if_due(attempt, at=at)
    deadline.guard(transaction_id, at=at)
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        if row.status == S.UNDER_REVIEW:
            invoices.look_again(row, at=at, after=LOOK_WHILE_REVIEWED)


def confirm_successes(*, at: datetime) -> None:
    """Ask about successes that rest on a message alone: a message can be forged, and a mismatch is an incident."""
    for attempt in selectors.list_unconfirmed(at=at):
        ask_if_due(attempt, at=at)
