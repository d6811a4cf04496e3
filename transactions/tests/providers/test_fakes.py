"""The scripted peers: what tests of the lifecycle rest on must do what it is told, and speak as a real one does."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest

from transactions.providers.base import NotSent, Rejected, Uncertain
from transactions.providers.lightning import bolt11
from transactions.providers.lightning.base import InvoiceState, NewInvoice
from transactions.providers.lightning.fake import NETWORK, FakeLightning, PaymentRefused
from transactions.providers.payout.base import Accepted, PayoutOrder, QueryOrder, UnreadableMessage, Verdict
from transactions.providers.payout.fake import CREDENTIAL, FakePayouts
from transactions.providers.rates.fake import FakeRates

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
PREIMAGE = b"\x07" * 32
HASH = sha256(PREIMAGE).hexdigest()
NEW = NewInvoice(HASH, amount_msat=20_000, memo="kahawa ☕", expiry_seconds=300, cltv_expiry_blocks=144)
ORDER = PayoutOrder(
    reference="tx1-1",
    amount_kes=1_300,
    msisdn="254712345678",
    remarks="tx1",
    result_url="https://bridge.example/r/1",
    timeout_url="https://bridge.example/t/1",
    send_before=NOW + timedelta(seconds=30),
)
QUESTION = QueryOrder("tx1-1", "", result_url="https://bridge.example/r/2", timeout_url="https://bridge.example/t/2")


@pytest.fixture
def lightning() -> FakeLightning:
    return FakeLightning(clock=lambda: NOW)


@pytest.fixture
def payouts() -> FakePayouts:
    return FakePayouts(clock=lambda: NOW)


def test_its_invoices_pass_our_own_check(lightning: FakeLightning) -> None:
    decoded = bolt11.check(
        lightning.create(NEW),
        network=NETWORK,
        payment_hash=HASH,
        amount_msat=20_000,
        expires_by=NOW + timedelta(seconds=300),
    )

    assert (decoded.description, decoded.min_final_cltv_expiry) == ("kahawa ☕", 144)
    assert decoded.payee == lightning.node().identity


def test_a_scripted_failure_happens_once_and_nothing_is_done(lightning: FakeLightning) -> None:
    lightning.create(NEW)
    lightning.fail_next("cancel", NotSent("down"))

    with pytest.raises(NotSent):
        lightning.cancel(HASH)
    assert lightning.lookup(HASH).state is InvoiceState.OPEN

    lightning.cancel(HASH)
    assert lightning.lookup(HASH).state is InvoiceState.CANCELLED


def test_a_lost_answer_hides_what_was_done(lightning: FakeLightning) -> None:
    lightning.create(NEW)
    lightning.pay(HASH)
    lightning.fail_next("settle", Uncertain("no answer"), is_carried_out=True)

    with pytest.raises(Uncertain):
        lightning.settle(PREIMAGE)

    assert lightning.lookup(HASH).state is InvoiceState.SETTLED
    assert lightning.calls[-2:] == [("settle", HASH), ("lookup", HASH)]


def test_a_payer_who_pays_too_little_is_refused(lightning: FakeLightning) -> None:
    lightning.create(NEW)

    with pytest.raises(PaymentRefused):
        lightning.pay(HASH, amount_msat=19_999)


def test_orders_are_recorded_and_accepted(payouts: FakePayouts) -> None:
    assert payouts.submit(ORDER) == Accepted("fake-tx1-1")
    assert payouts.orders == [ORDER]


def test_replies_come_in_the_order_they_were_scripted(payouts: FakePayouts) -> None:
    payouts.reply_to_submit(Uncertain("no answer"), Rejected("no float", code="float"))
    payouts.reply_to_query(NotSent("down"), "question-7")
    payouts.fail_next_probe(Uncertain("no answer"))

    for error in (Uncertain, Rejected):
        with pytest.raises(error):
            payouts.submit(ORDER)
    with pytest.raises(NotSent):
        payouts.query(QUESTION)
    with pytest.raises(Uncertain):
        payouts.probe()
    assert (payouts.submit(ORDER).provider_id, payouts.query(QUESTION)) == ("fake-tx1-1", "question-7")
    assert (len(payouts.orders), len(payouts.questions), payouts.probes) == (3, 2, 1)


def test_an_order_past_its_time_is_never_sent() -> None:
    late = FakePayouts(clock=lambda: ORDER.send_before)

    with pytest.raises(NotSent) as refused:
        late.submit(ORDER)

    assert refused.value.code == "late"
    assert late.orders == []


def test_a_success_names_everything_about_the_order(payouts: FakePayouts) -> None:
    report = payouts.parse_result(payouts.result_for(ORDER))

    assert (report.verdict, report.reference, report.amount_kes) == (Verdict.SUCCEEDED, "tx1-1", 1_300)
    assert (report.msisdn, report.completed_at, bool(report.receipt)) == ("254712345678", NOW, True)


def test_a_message_can_be_made_wrong_on_purpose(payouts: FakePayouts) -> None:
    answer = payouts.answer_for(ORDER, Verdict.FAILED, code="2001", is_curable=True)

    report = payouts.parse_answer(answer)

    assert (report.verdict, report.code, report.is_curable) == (Verdict.FAILED, "2001", True)
    assert (report.receipt, report.amount_kes) == (None, None)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"kind": "result", "verdict": "perhaps"}', b'{"kind": "result"}']
)
def test_other_bytes_are_no_message(payouts: FakePayouts, body: bytes) -> None:
    with pytest.raises(UnreadableMessage):
        payouts.parse_result(body)


def test_a_result_is_no_answer(payouts: FakePayouts) -> None:
    with pytest.raises(UnreadableMessage):
        payouts.parse_answer(payouts.result_for(ORDER))


def test_redacted_bytes_hold_no_credential_and_say_the_same(payouts: FakePayouts) -> None:
    body = payouts.result_for(ORDER)

    redacted = payouts.redact(body)

    assert CREDENTIAL.encode() in body
    assert CREDENTIAL.encode() not in redacted
    assert payouts.parse_result(redacted) == payouts.parse_result(body)


def test_a_price_stands_still_and_fails_when_told() -> None:
    rates = FakeRates(kes_per_btc=Decimal("13000000.5"))
    rates.fail_next(Uncertain("no answer"))

    with pytest.raises(Uncertain):
        rates.fetch()

    assert rates.fetch().kes_per_btc == Decimal("13000000.5")
