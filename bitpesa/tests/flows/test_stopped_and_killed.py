"""A process that pays out is killed or stopped at the worst moments. It costs time; nobody is paid twice.

The process is real: a fork with its own connections, ended or stopped by a signal it sends itself at a named place.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from bitpesa.tests.flows.world import World
from transactions import lifecycle
from transactions.models import Transaction
from transactions.providers import registry
from transactions.providers.base import stopping
from transactions.providers.lightning.lnd import LndBackend
from transactions.providers.payout.mpesa.client import DarajaClient
from transactions.services import invoices, payouts, queries, refunds

Patch = pytest.MonkeyPatch


def _before(owner: Any, name: str, number: int) -> Callable[[Patch], None]:
    """Send ourselves a signal just before this function is called."""

    def plant(patch: Patch) -> None:
        real = getattr(owner, name)

        def stand_in(*args: Any, **kwargs: Any) -> Any:
            os.kill(os.getpid(), number)
            return real(*args, **kwargs)

        patch.setattr(owner, name, stand_in)

    return plant


def _after(owner: Any, name: str, number: int) -> Callable[[Patch], None]:
    """Send ourselves a signal just after this function has returned."""

    def plant(patch: Patch) -> None:
        real = getattr(owner, name)

        def stand_in(*args: Any, **kwargs: Any) -> Any:
            answer = real(*args, **kwargs)
            os.kill(os.getpid(), number)
            return answer

        patch.setattr(owner, name, stand_in)

    return plant


def _fork(work: Callable[[], None], plant: Callable[[Patch], None]) -> int:
    """Do the work in a process of its own, with a signal planted; returns its pid once it is stopped or gone."""
    connections.close_all()
    registry.forget()
    pid = os.fork()
    if pid == 0:
        try:
            plant(pytest.MonkeyPatch())
            work()
        finally:
            os._exit(0)
    os.waitpid(pid, os.WUNTRACED)
    return pid


def _go_on(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)
    os.waitpid(pid, 0)


PLACES = {
    "between check and commit": lambda number: _before(payouts, "_commit_attempt", number),
    "between commit and send": lambda number: _after(payouts, "_commit_attempt", number),
    "between the last look at the clock and the send": lambda number: _before(DarajaClient, "send", number),
    "after the send": lambda number: _after(DarajaClient, "send", number),
}
#: nothing had been sent, or it may have been: then nothing but evidence ends it
SENT = {"after the send"}


def _submit(world: World, row: Transaction) -> Callable[[], None]:
    def work() -> None:
        registry.payouts("mpesa").clock = world.now
        payouts.submit(row.id, at=world.now())

    return work


def _reforge(world: World) -> None:
    registry.payouts("mpesa").clock = world.now


@pytest.fixture
def warm(world: World) -> World:
    """A world whose token is fetched, so that the first `send` is the payment."""
    registry.payouts("mpesa").probe()
    return world


@pytest.mark.parametrize("place", PLACES)
def test_killed_while_paying_out(warm: World, place: str) -> None:
    row = warm.held()

    _fork(_submit(warm, row), PLACES[place](signal.SIGKILL))
    _reforge(warm)

    if place in ("between check and commit", "after the send"):
        warm.assert_right(warm.run(row), status="completed")
        return
    end = warm.run(row, until=lambda now: _is_asked(now, 5))
    assert end.status == "payout_uncertain", warm.story(row)
    assert (warm.paid_out(), warm.wallet(row)["status"]) == (0, "pending")


def _is_asked(row: Transaction, times: int) -> bool:
    attempt = row.attempts.first()
    return bool(attempt and attempt.queries.count() >= times)


@pytest.mark.parametrize("place", PLACES)
def test_stopped_past_send_before_and_woken_again(warm: World, place: str) -> None:
    row = warm.held()

    pid = _fork(_submit(warm, row), PLACES[place](signal.SIGSTOP))
    _reforge(warm)
    for _ in range(4):
        warm.advance(20)
        warm.sweep()
    _go_on(pid)

    warm.assert_right(warm.run(row), status="completed")


def test_stopped_between_check_and_commit_while_the_payer_is_refunded(warm: World) -> None:
    row = warm.held()

    pid = _fork(_submit(warm, row), PLACES["between check and commit"](signal.SIGSTOP))
    _reforge(warm)
    warm.advance(901)
    end = warm.run(row)
    _go_on(pid)

    warm.assert_right(end, status="refunded")
    warm.assert_right(warm.run(end), status="refunded")


def test_stopped_between_commit_and_send_sends_nothing_stale(warm: World) -> None:
    row = warm.held()

    pid = _fork(_submit(warm, row), PLACES["between commit and send"](signal.SIGSTOP))
    _reforge(warm)
    warm.advance(3_600)
    _go_on(pid)
    sent = [each for each in warm.admin.requests("b2c") if each["operation"] == "b2c"]

    assert sent == []
    warm.assert_right(warm.run(row), status="refunded")


@pytest.mark.parametrize("moment", [_before, _after])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_killed_or_stopped_while_settling(warm: World, moment: Any, number: int) -> None:
    row = warm.run(warm.held(), until=lambda now: now.status == "settling")

    pid = _fork(lambda: invoices.settle(row.id, at=warm.now()), moment(invoices, "take", number))
    _reforge(warm)
    end = warm.run(row)
    if number == signal.SIGSTOP:
        _go_on(pid)

    warm.assert_right(end, status="completed")


@pytest.mark.parametrize("moment", [_before, _after])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_killed_or_stopped_while_cancelling(warm: World, moment: Any, number: int) -> None:
    warm.admin.fault("b2c_result", "decline", 1, "2040")
    row = warm.run(warm.held(), until=lambda now: now.status == "refunding")

    pid = _fork(lambda: refunds.return_sats(row.id, at=warm.now()), moment(refunds, "_let_go", number))
    _reforge(warm)
    end = warm.run(row)
    if number == signal.SIGSTOP:
        _go_on(pid)

    warm.assert_right(end, status="refunded")


@pytest.mark.parametrize("moment", [_before, _after])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_killed_or_stopped_while_the_invoice_is_made(warm: World, moment: Any, number: int) -> None:
    row = warm.request()

    pid = _fork(lambda: invoices.issue(row.id, at=warm.now()), moment(LndBackend, "_create", number))
    _reforge(warm)
    row = warm.run(row, until=lambda now: now.status == "awaiting_payment")
    if number == signal.SIGSTOP:
        _go_on(pid)
    warm.pay(row)

    warm.assert_right(warm.run(row), status="completed")


@pytest.mark.parametrize("moment", [_before, _after])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_killed_or_stopped_while_asking(warm: World, moment: Any, number: int) -> None:
    warm.admin.fault("b2c_result", "never")
    row = warm.run(warm.held(), until=lambda now: now.status in lifecycle.IN_PAYOUT)
    warm.advance(30)

    pid = _fork(lambda: queries.ask(row.id, at=warm.now()), moment(DarajaClient, "send", number))
    _reforge(warm)
    end = warm.run(row)
    if number == signal.SIGSTOP:
        _go_on(pid)

    warm.assert_right(end, status="completed")


def test_an_order_that_was_not_dialled_when_its_process_is_told_to_stop_is_not_sent(warm: World) -> None:
    row = warm.held()
    stopping.set()
    try:
        payouts.submit(row.id, at=warm.now())
    finally:
        stopping.clear()

    assert warm.admin.requests("b2c") == []
    assert warm.read(row.id).attempts.get().outcome == "not_sent"
    warm.assert_right(warm.run(row), status="completed")
