"""The table in the code is that of the executable model, which explores every order of events."""

from transactions import lifecycle
from transactions.tests.unit import lifecycle_model


def test_the_table_equals_the_models() -> None:
    assert {status: set(moves) for status, moves in lifecycle.MOVES.items()} == lifecycle_model.MOVES


def test_the_statuses_a_person_can_freeze_are_the_models() -> None:
    assert set(lifecycle.REVIEWABLE) == set(lifecycle_model.REVIEWABLE.split())


def test_the_statuses_of_a_payout_under_way_are_the_models() -> None:
    assert set(lifecycle.IN_PAYOUT) == set(lifecycle_model.IN_PAYOUT)


def test_every_status_that_is_not_an_end_has_a_step_for_when_it_lingers() -> None:
    assert set(lifecycle.IF_LINGERING) == set(lifecycle.MOVES) - lifecycle.ENDED


def test_the_model_finds_nothing_wrong_and_nothing_stuck() -> None:
    _, is_as_expected = lifecycle_model.clean(procs=2)

    assert is_as_expected
