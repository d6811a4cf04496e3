"""Asking what became of an attempt. An answer comes as a message; no answer, and no error, says anything."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction

from transactions import lifecycle, selectors, vault
from transactions.models import LightningInvoice, PayoutAttempt, StatusQuery, Transaction
from transactions.providers import registry
from transactions.providers.base import ProviderError
from transactions.providers.payout.base import QueryOrder
from transactions.services import callback_urls, deadline, incidents, invoices

log = structlog.get_logger(__name__)
S = Transaction.Status

LOOK_FOR_DEADLINE = timedelta(minutes=5)
LOOK_WHILE_SETTLING_EARLY = timedelta(seconds=3)
#: asked so often about a success without an answer, a person is told
TELL_AFTER_QUESTIONS = 20
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
            invoices.look_again(row, at=at, after=_look_after(row, attempt))


def _look_after(row: Transaction, attempt: PayoutAttempt) -> timedelta:
    """When to look again: to ask, and never so late that the deadline could pass unseen."""
    return min(pause_after(attempt.queries.count()), _deadline_pause(row))


def _deadline_pause(row: Transaction) -> timedelta:
    is_settling = row.settled_early_at and row.lightning_invoice.state == LightningInvoice.State.HELD
    return LOOK_WHILE_SETTLING_EARLY if is_settling else LOOK_FOR_DEADLINE


def _is_due(attempt: PayoutAttempt, *, at: datetime) -> bool:
    """Whether the schedule wants a question, or a message that came since the last one does."""
    last = attempt.queries.order_by("-asked_at").first()
    if last is None:
        return True
    pause = pause_after(attempt.queries.count() - 1)
    if attempt.messages.filter(applied_at__gt=last.asked_at).exists():
        pause = SCHEDULE[0]
    return at >= last.asked_at + pause


def ask_if_due(attempt: PayoutAttempt, *, at: datetime) -> bool:
    """Ask about an attempt unless a question is younger than the schedule wants; returns whether it was asked."""
    if not _is_due(attempt, at=at):
        return False
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
        question.provider_id = registry.payouts(attempt.provider).query(order)[:60]
    except ProviderError as error:
        question.answer = error.outcome
        log.warning("not_asked", attempt=attempt.reference, outcome=error.outcome, why=str(error))
    # The answer may have come before the reply: touch nothing that it sets.
    StatusQuery.objects.filter(id=question.id).update(provider_id=question.provider_id)
    if question.answer:
        StatusQuery.objects.filter(id=question.id, answer="").update(answer=question.answer)
    return True


def review(transaction_id: UUID, *, at: datetime) -> None:
    """Go on asking, and keep the deadline, while a row waits for people."""
    attempt = selectors.find_attempt_that_may_have_paid(transaction_id)
    if attempt and attempt.outcome == PayoutAttempt.Outcome.OPEN:
        ask_if_due(attempt, at=at)
    deadline.guard(transaction_id, at=at)
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        if row.status == S.UNDER_REVIEW:
            invoices.look_again(row, at=at, after=_deadline_pause(row))


def confirm_successes(*, at: datetime) -> None:
    """Ask about successes that rest on a message alone: a message can be forged, and a mismatch is an incident."""
    for attempt in selectors.list_unconfirmed(at=at):
        if ask_if_due(attempt, at=at) and attempt.queries.count() == TELL_AFTER_QUESTIONS:
            incidents.open_for(attempt.transaction_id, "success_not_confirmed")
