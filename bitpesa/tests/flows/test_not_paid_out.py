"""The payer is never left waiting: whatever keeps the shillings from going out, the sats go back whole."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from bitpesa.tests.flows.world import World
from transactions import lifecycle
from transactions.errors import QuotingStopped
from transactions.models import LightningInvoice, PayoutAttempt, Transaction
from transactions.providers import registry
from transactions.services import invoices, kill_switch, payouts, refunds, sweeper


def test_a_breaker_open_past_pay_by_returns_the_sats(world: World) -> None:
    registry.breaker("mpesa").force_open()

    end = world.run(world.held())

    world.assert_right(end, status="refunded")
    assert world.admin.requests("b2c") == []


def test_a_kill_switch_past_pay_by_returns_the_sats(world: World) -> None:
    row = world.held()
    kill_switch.engage(reason="float is being moved", by="amina", at=world.now())

    end = world.run(row)

    world.assert_right(end, status="refunded")
    assert world.admin.requests("b2c") == []


def test_a_kill_switch_stops_quotes_and_lets_what_is_under_way_end(world: World) -> None:
    world.admin.fault("b2c_result", "late", 1, 60)
    row = world.run(world.held(), until=lambda now: now.status in lifecycle.IN_PAYOUT)
    kill_switch.engage(reason="maintenance", by="amina", at=world.now())

    with pytest.raises(QuotingStopped):
        world.request()
    world.assert_right(world.run(row), status="completed")


def test_a_released_kill_switch_lets_the_payout_go(world: World) -> None:
    row = world.held()
    kill_switch.engage(reason="maintenance", by="amina", at=world.now())
    row = world.run(row, until=lambda now: now.status == "payout_deferred")
    kill_switch.release(by="amina", at=world.now())

    world.assert_right(world.run(row), status="completed")


def test_failures_open_the_breaker_and_a_harmless_probe_closes_it(world: World) -> None:
    breaker = registry.breaker("mpesa")
    breaker._fail_max, breaker._reset_timeout_seconds = 2, 0
    world.admin.listeners(daraja="down")
    row = world.run(world.held(), until=lambda now: not breaker.is_closed)
    world.admin.listeners(daraja="up")

    payouts.probe(at=world.now())

    assert breaker.is_closed
    world.assert_right(world.run(row), status="completed")


def test_the_call_that_trips_the_breaker_keeps_its_own_outcome(world: World) -> None:
    breaker = registry.breaker("mpesa")
    breaker._fail_max = 1
    world.admin.fault("b2c", "lose_reply")

    world.assert_right(world.run(world.held()), status="completed")


@pytest.mark.parametrize(
    ("kes_per_btc", "end"), [("12200000", "completed"), ("12000000", "refunded"), ("14000000", "completed")]
)
def test_a_price_that_fell_further_than_tolerated_returns_the_sats(world: World, kes_per_btc: str, end: str) -> None:
    row = world.invoiced()
    world.admin.set_rate(kes_per_btc)
    world.advance(60)
    world.pay(row)

    world.assert_right(world.run(row), status=end)


@pytest.mark.parametrize(
    ("share", "end"), [(1.0, "completed"), (1.009, "completed"), (1.02, "refunded"), (2, "refunded")]
)
def test_a_surplus_beyond_a_small_one_returns_everything(world: World, share: float, end: str) -> None:
    row = world.invoiced()
    world.pay(row, amount_msat=int(row.amount_msat * share))

    world.assert_right(world.run(row), status=end)


def test_a_wrong_credential_stops_all_sending_at_once(world: World) -> None:
    world.admin.fault("b2c_result", "decline", 1, "2001")

    end = world.run(world.held())

    world.assert_right(end, status="refunded")
    with pytest.raises(QuotingStopped):
        world.request()
    assert len(world.admin.requests("b2c")) == 1


def test_a_refusal_by_the_gateway_of_a_payment_that_is_known_after_all_is_for_people(world: World) -> None:
    row = world.held()
    world.admin.fault("b2c", "spike_arrest")
    world.run(row, until=lambda now: now.status == "payout_deferred" and now.attempts.exists())
    reference = PayoutAttempt.objects.get(transaction=row.id).reference
    world.send_payment_behind_our_back(reference)

    end = world.run(row)

    assert end.status == "under_review", world.story(row)
    assert world.paid_out() == 1


@pytest.mark.parametrize("status", ["paid", "payout_deferred"])
def test_at_the_deadline_a_payment_without_an_attempt_is_returned(world: World, status: str) -> None:
    row = world.held()
    if status == "payout_deferred":
        kill_switch.engage(reason="maintenance", by="amina", at=world.now())
        row = world.run(row, until=lambda now: now.status == status)
        kill_switch.release(by="amina", at=world.now())
    world.admin.mine(110)

    world.assert_right(world.run(row), status="refunded")


def test_at_the_deadline_a_payment_that_may_have_gone_out_is_settled_before_it_is_decided(world: World) -> None:
    world.admin.fault("b2c_result", "never", 10)
    world.admin.fault("query_answer", "not_found", 3)
    row = world.run(world.held(), until=lambda now: now.status == "payout_uncertain" or now.attempts.exists())
    world.admin.mine(110)

    end = world.run(row)

    world.assert_right(end, status="completed")
    assert end.settled_early_at


def test_sats_that_the_node_has_let_go_are_never_paid_out_for(world: World) -> None:
    row = world.held()
    kill_switch.engage(reason="maintenance", by="amina", at=world.now())
    row = world.run(row, until=lambda now: now.status == "payout_deferred")
    world.admin.mine(200)
    assert world.wallet(row)["status"] == "refunded"
    kill_switch.release(by="amina", at=world.now())

    end = world.run(row)

    world.assert_right(end, status="refunded")
    assert "refunding (sats_not_held)" in world.story(end)
    assert world.admin.requests("b2c") == []


@pytest.mark.parametrize("claim", ["names_other", "error", "not_found"])
def test_an_answer_about_something_else_proves_nothing(world: World, claim: str) -> None:
    world.admin.fault("b2c", "cut_request")
    world.admin.fault("query_answer", claim, 100)

    row = world.run(world.held(), until=lambda now: _asked(now) > 5)

    assert row.status == "payout_uncertain", world.story(row)
    assert row.attempts.get().outcome == "open"


def _asked(row: Transaction) -> int:
    return sum(attempt.queries.count() for attempt in row.attempts.all())


def test_the_sats_are_not_taken_before_the_shillings_have_arrived(world: World) -> None:
    world.admin.fault("b2c_result", "late", 1, 60)
    row = world.run(world.held(), until=lambda now: now.status in lifecycle.IN_PAYOUT)

    invoices.settle(row.id, at=world.now())

    assert world.wallet(row)["status"] == "pending"


def test_the_sats_are_not_let_go_while_a_payout_may_have_gone_out(world: World) -> None:
    world.admin.fault("b2c_result", "late", 1, 60)
    row = world.run(world.held(), until=lambda now: now.status in lifecycle.IN_PAYOUT)

    refunds.begin(row.id, at=world.now())
    refunds.return_sats(row.id, at=world.now())

    assert world.wallet(row)["status"] == "pending"


@pytest.mark.parametrize(("is_same_node", "status"), [(True, "cancelled"), (False, "awaiting_payment")])
def test_a_missing_invoice_counts_as_cancelled_only_on_the_node_that_made_it(
    world: World, is_same_node: bool, status: str
) -> None:
    row = world.invoiced()
    if not is_same_node:
        LightningInvoice.objects.filter(transaction=row.id).update(node_identity="02" + "ab" * 32)
    world.admin.reset()

    invoices.look(row.id, at=world.now())

    assert world.read(row.id).status == status


def test_two_sweepers_and_eight_tasks_pay_once(world: World) -> None:
    row = world.held()

    def work(number: int) -> None:
        try:
            if number < 8:
                payouts.submit(row.id, at=world.now())
            else:
                sweeper.run(clock=world.now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(work, range(10)))

    world.assert_right(world.run(row), status="completed")
    assert len(world.admin.requests("b2c")) == 1


def test_a_message_posted_a_hundred_times_settles_once(world: World) -> None:
    world.admin.fault("b2c_result", "twice")
    end = world.run(world.held())
    for _ in range(3):
        world.repeat_messages(end)

    world.assert_right(world.run(end), status="completed")
    assert Transaction.objects.get(id=end.id).events.filter(to_status="completed").count() == 1
