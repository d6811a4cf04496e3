"""Every status and every reason has its words and its place. What the domain adds, the screens must say."""

import re
from pathlib import Path

from django.conf import settings

from frontend import statuses, timeline, words
from frontend.public import checkout
from frontend.templatetags import bridge
from frontend.tests import payments
from transactions import lifecycle, selectors
from transactions.models import PayoutAttempt, ProviderMessage, Transaction

ALL = {status for status, _ in selectors.list_statuses()}
SERVICES = Path(settings.BASE_DIR) / "transactions" / "services"
#: a line of a service that says why a transaction moves
_SAYS_WHY = re.compile(r"lifecycle\.\w+\(.*reason=|\breason = |(?:Defer|GiveBack)\(|contradict\(row")
_GIVES_BACK = re.compile(r"GiveBack\(|S\.(?:REFUNDING|PAYOUT_FAILED), at=at, reason=")


def _named_in(lines: re.Pattern[str]) -> set[str]:
    """Every code that such lines of the services name."""
    texts = [line for file in SERVICES.glob("*.py") for line in file.read_text().splitlines() if lines.search(line)]
    return {code for text in texts for code in re.findall(r'"(\w+)"', text)}


def _of_outcomes() -> set[str]:
    """An attempt decided as unpaid names the reason itself."""
    outcomes = PayoutAttempt.Outcome
    return {f"payout_{outcome}" for outcome in (outcomes.FAILED, outcomes.REJECTED, outcomes.NOT_SENT)}


def _of_held_sats() -> set[str]:
    """Why sats cannot be accepted though they came."""
    return set(re.findall(r'return "(\w+)"', (SERVICES / "invoices.py").read_text()))


def test_every_reason_that_services_write_has_words_and_no_other_has():
    assert _named_in(_SAYS_WHY) | _of_outcomes() | _of_held_sats() == set(words.REASONS)


def test_a_payer_is_told_every_reason_for_which_sats_go_back():
    assert _named_in(_GIVES_BACK) | _of_outcomes() | _of_held_sats() == set(words._WHY_BACK)


def test_no_reason_given_to_a_payer_blames_m_pesa():
    assert [told for told in words._WHY_BACK.values() if "M-Pesa" in told] == []


def test_the_screens_know_the_same_ends_as_the_domain():
    assert statuses.ENDED == lifecycle.ENDED


def test_what_is_in_motion_is_what_a_person_may_have_to_look_into():
    assert {*statuses.IN_MOTION, *statuses.UNCERTAIN} == lifecycle.REVIEWABLE
    assert set(statuses.REVIEWED) == {Transaction.Status.UNDER_REVIEW}


def test_every_status_has_a_colour_and_belongs_to_at_most_one_group():
    standing = [*statuses.IN_MOTION, *statuses.UNCERTAIN, *statuses.REVIEWED, *statuses.ENDED]

    assert set(statuses.COLOURS) == ALL
    assert len(standing) == len(set(standing))
    assert ALL - set(standing) == {"created", "awaiting_payment"}


def test_every_status_that_is_looked_at_again_says_what_comes_next():
    assert set(words._NEXT) == set(lifecycle.IF_LINGERING) == ALL - statuses.ENDED


def test_every_status_has_its_place_on_the_bridge_and_every_step_its_words():
    assert set(checkout._STEPS) == set(payments.STATUSES) == ALL
    assert {step for steps in checkout._STEPS.values() for step in steps} == set(bridge._STEP_WORDS)


def test_every_outcome_of_an_attempt_and_every_effect_of_a_message_has_words():
    assert set(timeline.OUTCOMES) == set(PayoutAttempt.Outcome.values)
    assert set(timeline._EFFECTS) == set(ProviderMessage.Effect.values)
