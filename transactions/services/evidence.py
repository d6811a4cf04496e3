"""What a message proves, and what then moves. Evidence decides an attempt; an attempt is decided once.

A message is a claim. Only the URL it came to says which attempt it is about; its own ids, amount and party confirm
that or make it an incident. A failure message decides nothing: it is asked about first.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from transactions import dispatch, lifecycle
from transactions.models import PayoutAttempt, ProviderMessage, StatusQuery, Transaction
from transactions.providers.payout.base import QUEUE_TIMEOUT, Report, Verdict
from transactions.services import incidents, invoices, kill_switch, payouts

S = Transaction.Status
Outcome = PayoutAttempt.Outcome
Effect = ProviderMessage.Effect

#: a payment that began earlier than this before the attempt is another one
CLOCK_SKEW = timedelta(minutes=5)


def weigh_result(attempt: PayoutAttempt, row: Transaction, report: Report, *, at: datetime) -> Effect:
    """Apply a result message to a locked row; returns what became of it."""
    if report.verdict == Verdict.SUCCEEDED:
        if why := what_differs(attempt, row, report):
            return contradict(row, "result_mismatch", at=at, why=why)
        return succeed(attempt, row, report, at=at, is_confirmed=False)
    if attempt.outcome == Outcome.OPEN:
        _doubt(attempt, row, report, at=at)
    elif attempt.outcome == Outcome.SUCCEEDED and report.verdict == Verdict.FAILED:
        incidents.open_for(row.id, "failure_after_success", code=report.code)
        return Effect.CONTRADICTION
    elif attempt.outcome in (Outcome.NOT_SENT, Outcome.REJECTED):
        # Whatever it says: the provider has what we believed had never reached it.
        return contradict(row, "refused_and_yet_known", at=at, why=report.code)
    return Effect.NOTED


def _doubt(attempt: PayoutAttempt, row: Transaction, report: Report, *, at: datetime) -> None:
    """A message says that it failed, or waited too long: ask at once."""
    attempt.code, attempt.is_curable = report.code[:40], report.is_curable
    attempt.save(update_fields=["code", "is_curable"])
    if report.is_credential_refused:
        kill_switch.engage_once(reason=f"{attempt.provider} refuses our credential ({report.code})", by="system", at=at)
    if row.status == S.PAYOUT_PENDING:
        reason = "provider_says_no" if report.verdict == Verdict.FAILED else "provider_cannot_say"
        lifecycle.advance(row, S.PAYOUT_UNCERTAIN, at=at, reason=reason, look_at=at)
    elif row.status == S.PAYOUT_UNCERTAIN:
        invoices.look_again(row, at=at, after=timedelta(0))
    if row.status == S.PAYOUT_UNCERTAIN:
        transaction.on_commit(partial(dispatch.send, lifecycle.QUERY, row.id))


def weigh_answer(
    question: StatusQuery, attempt: PayoutAttempt, row: Transaction, report: Report, *, at: datetime
) -> Effect:
    """Apply the answer to a status query to a locked row; returns what became of it.

    It counts only if it names this attempt by reference, amount, party and time.
    """
    question.answered_at, question.answer = at, _in_a_word(report)
    if report.verdict != Verdict.UNDECIDED and (why := what_differs(attempt, row, report)):
        question.answer = "mismatch"
        effect = _mismatch(attempt, row, report, at=at, why=why)
    elif report.verdict == Verdict.SUCCEEDED:
        effect = succeed(attempt, row, report, at=at, is_confirmed=True)
    elif report.verdict == Verdict.FAILED:
        effect = fail(attempt, row, at=at)
    else:
        effect = _undecided(attempt, row, report, at=at)
    question.save(update_fields=["answered_at", "answer"])
    return effect


def _in_a_word(report: Report) -> str:
    if report.verdict != Verdict.UNDECIDED:
        return report.verdict.value
    if report.code == QUEUE_TIMEOUT:
        return QUEUE_TIMEOUT
    return "known" if report.is_known else "not_known"


def _mismatch(attempt: PayoutAttempt, row: Transaction, report: Report, *, at: datetime, why: str) -> Effect:
    """An answer at this attempt's own URL that does not fit it proves nothing, and freezes what was given up."""
    if attempt.outcome == Outcome.OPEN or report.verdict != Verdict.SUCCEEDED:
        incidents.open_for(row.id, "answer_mismatch", why=why)
        return Effect.CONTRADICTION
    return contradict(row, "answer_mismatch", at=at, why=why)


def _undecided(attempt: PayoutAttempt, row: Transaction, report: Report, *, at: datetime) -> Effect:
    """Not found and query errors decide nothing. Pending, for an attempt that was given up, is a contradiction."""
    if report.is_known and attempt.outcome in (Outcome.NOT_SENT, Outcome.REJECTED):
        return contradict(row, "refused_and_yet_known", at=at, why=report.code)
    return Effect.NOTED


def what_differs(attempt: PayoutAttempt, row: Transaction, report: Report) -> str:
    """Name what in a report does not fit the attempt; empty if it names it."""
    number = row.recipient.msisdn
    differences = {
        "reference": report.reference != attempt.reference,
        "amount": report.amount_kes != attempt.amount_kes,
        "party": bool(number and report.msisdn and report.msisdn != number),
        "time": bool(report.started_at and report.started_at < attempt.created_at - CLOCK_SKEW),
    }
    return ", ".join(name for name, differs in differences.items() if differs)


def succeed(attempt: PayoutAttempt, row: Transaction, report: Report, *, at: datetime, is_confirmed: bool) -> Effect:
    """The shillings arrived: decide the attempt and go on to take the sats."""
    if attempt.outcome == Outcome.SUCCEEDED:
        return _repeat(attempt, row, report, at=at, is_confirmed=is_confirmed)
    if attempt.outcome != Outcome.OPEN:
        return contradict(row, "success_after_failure", at=at, why=attempt.outcome)
    if not report.receipt or _belongs_to_another(attempt, report.receipt):
        return contradict(row, "receipt_of_another", at=at, why=report.receipt or "no receipt")
    attempt.outcome, attempt.receipt, attempt.decided_at = Outcome.SUCCEEDED, report.receipt, at
    attempt.code, attempt.charge_cents = report.code[:40], report.charge_cents
    attempt.confirmed_at = at if is_confirmed else None
    attempt.save(update_fields=["outcome", "receipt", "decided_at", "code", "charge_cents", "confirmed_at"])
    if report.party_name and not row.recipient.name:
        row.recipient.name = report.party_name[:100]
        row.recipient.save(update_fields=["name"])
    if row.status in lifecycle.IN_PAYOUT:
        lifecycle.advance(row, S.SETTLING, at=at, reason="shillings_arrived")
    return Effect.APPLIED


def _repeat(attempt: PayoutAttempt, row: Transaction, report: Report, *, at: datetime, is_confirmed: bool) -> Effect:
    if report.receipt != attempt.receipt:
        return contradict(row, "second_receipt", at=at, why=report.receipt or "no receipt")
    if is_confirmed and attempt.confirmed_at is None:
        attempt.confirmed_at = at
        attempt.charge_cents = report.charge_cents if attempt.charge_cents is None else attempt.charge_cents
        attempt.save(update_fields=["confirmed_at", "charge_cents"])
        return Effect.APPLIED
    return Effect.NOTED


def _belongs_to_another(attempt: PayoutAttempt, receipt: str) -> bool:
    return PayoutAttempt.objects.filter(provider=attempt.provider, receipt=receipt).exclude(id=attempt.id).exists()


def fail(attempt: PayoutAttempt, row: Transaction, *, at: datetime) -> Effect:
    """A query says that it was certainly not paid."""
    if attempt.outcome == Outcome.SUCCEEDED:
        incidents.open_for(row.id, "failure_after_success")
        return Effect.CONTRADICTION
    if attempt.outcome != Outcome.OPEN:
        return Effect.NOTED
    payouts.decide_unpaid(
        attempt, row, Outcome.FAILED, code=attempt.code or "declined", is_curable=attempt.is_curable, at=at
    )
    return Effect.APPLIED


def contradict(row: Transaction, what: str, *, at: datetime, why: str) -> Effect:
    """Two claims cannot both be true: page a person, and freeze the row where that can stop something.

    It never stops `settling`, and moves nothing on a row that has ended.
    """
    incidents.open_for(row.id, what, why=why)
    if row.status in lifecycle.REVIEWABLE - {S.SETTLING}:
        lifecycle.advance(row, S.UNDER_REVIEW, at=at, reason=what)
    return Effect.CONTRADICTION
