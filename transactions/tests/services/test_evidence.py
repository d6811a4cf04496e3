"""What a message or an answer proves, and what a contradiction freezes."""

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from transactions import lifecycle, vault
from transactions.models import PayoutAttempt, StatusQuery, Transaction
from transactions.providers.payout.base import QUEUE_TIMEOUT, Report, Verdict
from transactions.services import evidence, payouts
from transactions.tests.factories import at_status
from transactions.tests.rows import attempt_row, place

pytestmark = pytest.mark.django_db

GIVEN_UP = ("not_sent", "rejected")


def _report(attempt: PayoutAttempt, verdict: Verdict, **said: Any) -> Report:
    usual: dict[str, Any] = {
        "code": "0",
        "description": "",
        "reference": attempt.reference,
        "receipt": "SG632NMUAB",
        "amount_kes": attempt.amount_kes,
        "msisdn": attempt.transaction.recipient.msisdn,
    }
    return Report(verdict=verdict, **{**usual, **said})


def _answer(attempt: PayoutAttempt, report: Report, *, at: datetime | None = None) -> StatusQuery:
    now = at or timezone.now()
    question = StatusQuery.objects.create(attempt=attempt, url_hash=vault.digest(vault.new_url_secret()), asked_at=now)
    row, attempt = lifecycle.locked_with_attempt(attempt.id)
    evidence.weigh_answer(question, attempt, row, report, at=now)
    return question


def _message(attempt: PayoutAttempt, report: Report) -> str:
    row, attempt = lifecycle.locked_with_attempt(attempt.id)
    return evidence.weigh_result(attempt, row, report, at=timezone.now())


def _given_up(outcome: str) -> PayoutAttempt:
    row = place(at_status("paid"), status="payout_deferred")
    return attempt_row(row, outcome=outcome, is_gateway_refusal=outcome == "rejected")


def _status(attempt: PayoutAttempt) -> str:
    return Transaction.objects.get(id=attempt.transaction_id).status


@pytest.mark.parametrize("outcome", GIVEN_UP)
@pytest.mark.parametrize("wrong", [{"reference": None}, {"amount_kes": 1}, {"receipt": None}, {}])
def test_completed_about_an_attempt_that_was_given_up_is_for_people_whatever_it_names(
    outcome: str, wrong: dict[str, Any]
) -> None:
    attempt = _given_up(outcome)

    _answer(attempt, _report(attempt, Verdict.SUCCEEDED, **wrong))

    assert _status(attempt) == "under_review"


@pytest.mark.parametrize("outcome", GIVEN_UP)
def test_initiated_about_an_attempt_that_was_given_up_is_for_people_though_it_names_no_reference(outcome: str) -> None:
    attempt = _given_up(outcome)

    _answer(attempt, _report(attempt, Verdict.UNDECIDED, code="Initiated", is_known=True, reference=None))

    assert _status(attempt) == "under_review"


@pytest.mark.parametrize("outcome", GIVEN_UP)
@pytest.mark.parametrize("verdict", Verdict)
def test_any_result_of_an_attempt_that_was_given_up_is_for_people(outcome: str, verdict: Verdict) -> None:
    attempt = _given_up(outcome)

    assert _message(attempt, _report(attempt, verdict)) == "contradiction"

    assert _status(attempt) == "under_review"


def test_not_found_lets_the_next_attempt_go_and_a_timeout_of_the_question_does_not() -> None:
    attempt = _given_up("rejected")

    timed_out = _answer(attempt, _report(attempt, Verdict.UNDECIDED, code=QUEUE_TIMEOUT))
    not_found = _answer(attempt, _report(attempt, Verdict.UNDECIDED, code="R000002", reference=None))

    assert _status(attempt) == "payout_deferred"
    assert timed_out.answer not in StatusQuery.LETS_GO
    assert not_found.answer in StatusQuery.LETS_GO


@pytest.mark.parametrize("wrong", [{"reference": "another-1"}, {"amount_kes": 1}, {"msisdn": "254199999999"}])
@pytest.mark.parametrize("verdict", [Verdict.SUCCEEDED, Verdict.FAILED])
def test_an_answer_that_does_not_name_the_attempt_decides_nothing(wrong: dict[str, Any], verdict: Verdict) -> None:
    attempt = at_status("payout_uncertain").attempts.get()

    question = _answer(attempt, _report(attempt, verdict, **wrong))

    attempt.refresh_from_db()
    assert (attempt.outcome, _status(attempt), question.answer) == ("open", "payout_uncertain", "mismatch")


def test_an_attempt_made_and_refused_meanwhile_makes_the_checks_stale() -> None:
    row = at_status("paid")
    place(row, status="payout_deferred")
    attempt_row(row, outcome="rejected", is_gateway_refusal=True)

    assert payouts._commit_attempt(row.id, attempts_seen=0, at=timezone.now()) is None


def test_the_name_of_who_was_paid_is_kept_with_the_recipient_and_nowhere_else() -> None:
    attempt = at_status("payout_pending").attempts.get()

    _message(attempt, _report(attempt, Verdict.SUCCEEDED, party_name="Jane Doe"))

    assert Transaction.objects.get(id=attempt.transaction_id).recipient.name == "Jane Doe"
