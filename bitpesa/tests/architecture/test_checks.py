"""Each system check fires when it should, and only then."""

import re
from typing import Any

import pytest
from django.core.checks import run_checks

from bitpesa import checks
from bitpesa.tests.architecture.processes import PROJECT

FAKE = {"CLASS": "transactions.providers.payout.fake.FakePayouts", "OPTIONS": {}}

#: (the check, what is wrong)
FIRES: list[tuple[str, dict[str, Any]]] = [
    ("bitpesa.E001", {"CALLBACK_URL": "https://hooks.example/MPesa"}),
    ("bitpesa.E001", {"CALLBACK_URL": "https://safaricom-hooks.example"}),
    ("bitpesa.E001", {"CALLBACK_URL": "https://mysql.example"}),
    ("bitpesa.E002", {"PAYOUT_PROVIDERS": {"fake": FAKE}}),
    ("bitpesa.E002", {"RATE_PROVIDERS": {"fake": {"CLASS": "transactions.providers.rates.fake.FakeRates"}}}),
    ("bitpesa.E003", {"DEBUG": True, "MODE": "live"}),
]


def _ids() -> list[str | None]:
    return [message.id for message in run_checks() if (message.id or "").startswith("bitpesa.")]


@pytest.mark.parametrize(("expected", "wrong"), FIRES)
def test_a_check_fires(expected: str, wrong: dict[str, Any], settings: Any) -> None:
    for name, value in wrong.items():
        setattr(settings, name, value)

    assert _ids() == [expected]


def test_nothing_fires_when_nothing_is_wrong() -> None:
    assert _ids() == []


def test_every_check_is_seen_to_fire() -> None:
    declared = set(re.findall(r"bitpesa\.[EW]\d{3}", (PROJECT / "bitpesa/checks.py").read_text()))

    assert declared == {check for check, _ in FIRES}


@pytest.mark.parametrize("word", checks.FORBIDDEN_IN_CALLBACK_URL)
def test_our_own_callback_paths_are_free_of_refused_words(word: str) -> None:
    assert word not in "/hooks/r/" + "0123456789abcdef" + "/hooks/t/" + "/hooks/p/"
