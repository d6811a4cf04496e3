"""Each fault at each call: the end is right, and the sandbox's own books show at most one payout, matching ours.

A row is (operation, fault, how often, argument, where it must end). The sweeper does everything; virtual time passes.
"""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from bitpesa.tests.flows.world import World
from transactions.lifecycle import IN_PAYOUT
from transactions.models import Transaction

ONCE, ALWAYS = 1, 10_000


class Cell(NamedTuple):
    """One fault of one call, and how the payment must end."""

    operation: str
    fault: str
    end: str
    times: int = ONCE
    argument: str | float | None = None

    def __str__(self) -> str:
        often = "always" if self.times == ALWAYS else f"{self.times}x"
        argument = "" if self.argument is None else f" {self.argument}"
        return f"{self.operation}: {self.fault}{argument} {often} -> {self.end}"


#: what a call may meet before, while and after it is carried out
LOST = ("cut_request", "lose_reply", "hang", "hang_before")
SERVER_ERRORS = ("internal_error", "internal_error_but_done", "http_500", "html_503", "soap_500")
GATEWAY = ("spike_arrest", "quota", "token_killed")
HANG_SECONDS = 2.5


def _argument(fault: str) -> float | None:
    return HANG_SECONDS if fault.startswith("hang") else None


#: a B2C request that certainly or possibly did not arrive is asked about until evidence decides; one that never arrived
#: is never found, and never read as unpaid: people decide it, or the deadline guard
NEVER_ARRIVED = {"cut_request", "hang_before", "internal_error", "http_500", "html_503", "soap_500"}

B2C = [
    *[
        Cell("b2c", fault, "payout_uncertain" if fault in NEVER_ARRIVED else "completed", argument=_argument(fault))
        for fault in (*LOST, *SERVER_ERRORS)
    ],
    *[Cell("b2c", fault, "completed") for fault in GATEWAY],
    *[Cell("b2c", fault, "refunded", ALWAYS) for fault in ("spike_arrest", "quota")],
    Cell("token", "cut_request", "completed"),
    Cell("token", "html_503", "completed", 3),
    Cell("token", "http_500", "refunded", ALWAYS),
]

MESSAGES = [
    Cell("b2c_result", "early", "completed"),
    Cell("b2c_result", "late", "completed", argument=45),
    Cell("b2c_result", "late", "completed", argument=4_000),
    Cell("b2c_result", "twice", "completed"),
    Cell("b2c_result", "never", "completed"),
    Cell("b2c_result", "forged_success", "completed"),
    Cell("b2c_result", "forged_failure", "completed"),
    Cell("b2c_result", "queue_timeout", "completed", argument=30),
    Cell("b2c_result", "queue_timeout_only", "refunded"),
    Cell("b2c_result", "wrong_amount", "under_review"),
    Cell("b2c_result", "decline", "refunded", argument="2040"),
    Cell("b2c_result", "decline", "refunded", argument="8"),
    Cell("b2c_result", "decline", "completed", argument="1"),
    Cell("b2c_result", "decline", "completed", argument="26"),
]

#: with the result message lost, so that everything rests on the query
QUERIES = [
    *[
        Cell("status_query", fault, "completed", 2, _argument(fault))
        for fault in (*LOST, *SERVER_ERRORS, *GATEWAY, "rate_429")
    ],
    Cell("query_answer", "not_found", "completed"),
    Cell("query_answer", "not_found", "completed", 5),
    Cell("query_answer", "never", "completed", 2),
    Cell("query_answer", "twice", "completed"),
    Cell("query_answer", "late", "completed", argument=90),
    Cell("query_answer", "status", "completed", argument="Initiated"),
    Cell("query_answer", "status", "completed", argument="Authorized"),
    Cell("query_answer", "error", "completed", 2),
    Cell("query_answer", "names_other", "completed", 2),
    Cell("query_answer", "debit_party_twice", "completed"),
]

LIGHTNING = [
    *[
        Cell(operation, fault, "completed", 2, _argument(fault))
        for operation in ("lnd_create", "lnd_lookup", "lnd_settle")
        for fault in (*LOST, "http_500", "html_503", "internal_error_but_done")
    ],
    *[Cell("lnd_pending", fault, "completed", 3) for fault in ("cut_request", "http_500", "html_503")],
    Cell("lnd_create", "http_500", "failed", ALWAYS),
    Cell("lnd_create", "cut_request", "failed", ALWAYS),
]

#: with a payout that is declined, so that the sats go back
CANCELS = [
    Cell("lnd_cancel", fault, "refunded", 2, _argument(fault))
    for fault in (*LOST, "http_500", "html_503", "internal_error_but_done")
]


def _walk(world: World, cell: Cell) -> None:
    world.admin.fault(cell.operation, cell.fault, cell.times, cell.argument)
    row = world.request()
    if cell.end == "failed":
        world.assert_right(world.run(row), status="failed")
        return
    row = world.run(row, until=lambda now: now.status == "awaiting_payment")
    world.pay(row)
    if cell.end == "payout_uncertain":
        _assert_asked_for_ever(world, row)
        return
    world.run(row)
    if cell.end == "under_review":
        assert world.read(row.id).status == "under_review", world.story(row)
        assert world.paid_out() == 1
        assert world.wallet(row)["status"] == "pending"
    else:
        world.assert_right(row, status=cell.end)


def _assert_asked_for_ever(world: World, row: Transaction) -> None:
    """Nothing arrived, and nobody can know: the sats stay held while it is asked, and are never let go by time alone.

    At the deadline they are taken, and owed until it is decided.
    """
    row = world.run(row, until=lambda now: now.status == "payout_uncertain" and _asked(now) > 6)
    assert (world.paid_out(), world.wallet(row)["status"]) == (0, "pending"), world.story(row)
    world.admin.mine(110)
    row = world.run(row, until=lambda now: now.settled_early_at is not None)
    assert (row.status, row.attempts.get().outcome) == ("payout_uncertain", "open")
    assert (world.paid_out(), world.wallet(row)["status"]) == (0, "paid"), world.story(row)


def _asked(row: Transaction) -> int:
    return sum(attempt.queries.count() for attempt in row.attempts.all())


@pytest.mark.parametrize("cell", B2C, ids=str)
def test_a_fault_while_sending(world: World, cell: Cell) -> None:
    _walk(world, cell)


@pytest.mark.parametrize("cell", MESSAGES, ids=str)
def test_a_fault_of_the_result_message(world: World, cell: Cell) -> None:
    _walk(world, cell)


@pytest.mark.parametrize("cell", QUERIES, ids=str)
def test_a_fault_while_asking(world: World, cell: Cell) -> None:
    world.admin.fault("b2c_result", "never", ALWAYS)

    _walk(world, cell)


def test_a_query_answered_0_with_declined_returns_the_sats(world: World) -> None:
    world.admin.fault("b2c_result", "decline", ONCE, "2040")

    _walk(world, Cell("query_answer", "late", "refunded", argument=20))


@pytest.mark.parametrize("cell", LIGHTNING, ids=str)
def test_a_fault_of_the_node(world: World, cell: Cell) -> None:
    _walk(world, cell)


@pytest.mark.parametrize("cell", CANCELS, ids=str)
def test_a_fault_while_cancelling(world: World, cell: Cell) -> None:
    world.admin.fault("b2c_result", "decline", ONCE, "2040")

    _walk(world, cell)


def _asked_for(world: World) -> Transaction:
    return world.request()


def _held(world: World) -> Transaction:
    return world.held()


def _to_be_asked_about(world: World) -> Transaction:
    world.admin.fault("b2c_result", "never")
    return world.run(world.held(), until=lambda now: now.status in IN_PAYOUT)


def _to_be_settled(world: World) -> Transaction:
    return world.run(world.held(), until=lambda now: now.status == "settling")


def _to_be_cancelled(world: World) -> Transaction:
    world.admin.fault("b2c_result", "decline", ONCE, "2040")
    return world.run(world.held(), until=lambda now: now.status == "refunding")


@pytest.mark.parametrize(
    ("listener", "bring", "end"),
    [
        ("lnd", _asked_for, "completed"),
        ("daraja", _held, "completed"),
        ("lnd", _held, "completed"),
        ("daraja", _to_be_asked_about, "completed"),
        ("lnd", _to_be_settled, "completed"),
        ("lnd", _to_be_cancelled, "refunded"),
    ],
)
def test_a_refused_connection_costs_time_and_nothing_else(
    world: World, listener: str, bring: Callable[[World], Transaction], end: str
) -> None:
    row = bring(world)
    world.admin.listeners(**{listener: "down"})
    for _ in range(5):
        world.sweep()
        world.advance(6)
    assert world.read(row.id).ended_at is None
    world.admin.listeners(**{listener: "up"})

    if row.status == "created":
        world.pay(world.run(row, until=lambda now: now.status == "awaiting_payment"))

    world.assert_right(world.run(row), status=end)
