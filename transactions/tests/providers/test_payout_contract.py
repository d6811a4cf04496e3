"""What every payout provider keeps to: one suite, over the fake and over M-Pesa against the sandbox."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import uuid4

import pytest
from django.conf import settings

from bitpesa.sandbox import identity
from bitpesa.tests.sandbox_process import SandboxProcess
from transactions.providers.base import NotSent, Rejected, Uncertain
from transactions.providers.payout.base import PayoutOrder, PayoutProvider, QueryOrder, UnreadableMessage, Verdict
from transactions.providers.payout.fake import CREDENTIAL, FakePayouts
from transactions.providers.payout.mpesa.provider import MpesaPayouts
from transactions.providers.payout.mpesa.tokens import MemoryTokenStore

#: nobody listens there: the messages are read from the sandbox's books
HOOK = "http://127.0.0.1:9/hooks/r/0f1e2d3c4b5a/"
MESSAGE_WITHIN_SECONDS = 5.0


class Peer(Protocol):
    """A provider, the means to make it misbehave, and a look at what really reached the other side."""

    @property
    def payouts(self) -> PayoutProvider: ...

    def lose_the_reply(self) -> None: ...

    def throttle(self) -> None: ...

    def stop_listening(self) -> None: ...

    def arrivals(self, order: PayoutOrder) -> int: ...

    def result(self, order: PayoutOrder) -> bytes: ...

    def answer(self, order: PayoutOrder) -> bytes: ...

    def returned_request(self, order: PayoutOrder) -> tuple[bytes, str]: ...


class FakePeer:
    """The fake scripts what the sandbox does for real; what it never sent has not arrived."""

    def __init__(self) -> None:
        self.payouts = FakePayouts()
        self._lost = 0

    def lose_the_reply(self) -> None:
        self.payouts.reply_to_submit(Uncertain("the reply was lost"))

    def throttle(self) -> None:
        self._lost += 1
        self.payouts.reply_to_submit(Rejected("spike arrest", is_curable=True, is_gateway=True))

    def stop_listening(self) -> None:
        self._lost += 1
        self.payouts.reply_to_submit(NotSent("refused"))

    def arrivals(self, order: PayoutOrder) -> int:
        return self.payouts.orders.count(order) - self._lost

    def result(self, order: PayoutOrder) -> bytes:
        return self.payouts.result_for(order)

    def answer(self, order: PayoutOrder) -> bytes:
        return self.payouts.answer_for(order)

    def returned_request(self, order: PayoutOrder) -> tuple[bytes, str]:
        return self.payouts.result_for(order, Verdict.UNDECIDED), CREDENTIAL


class SandboxPeer:
    """The production adapter, over HTTP, against the sandbox."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self._admin = sandbox.admin
        self.payouts = MpesaPayouts(
            url=sandbox.daraja_url,
            consumer_key=identity.CONSUMER_KEY,
            consumer_secret=identity.CONSUMER_SECRET,
            initiator=identity.INITIATOR,
            initiator_password=identity.INITIATOR_PASSWORD,
            certificate_path=sandbox.state_path / "mpesa.cer",
            shortcode=identity.SHORTCODE,
            probe_url=HOOK,
            tokens=MemoryTokenStore(),
        )
        self.payouts.probe()  # so that a token is there before anything misbehaves

    def lose_the_reply(self) -> None:
        self._admin.fault("b2c", "lose_reply")

    def throttle(self) -> None:
        self._admin.fault("b2c", "spike_arrest")

    def stop_listening(self) -> None:
        self._admin.listeners(daraja="down")

    def arrivals(self, order: PayoutOrder) -> int:
        return len(self._admin.payouts(reference=order.reference)["payouts"])

    def result(self, order: PayoutOrder) -> bytes:
        return self._message(order, "b2c_result")

    def answer(self, order: PayoutOrder) -> bytes:
        return self._message(order, "query_answer")

    def returned_request(self, order: PayoutOrder) -> tuple[bytes, str]:
        self._admin.fault("b2c_result", "queue_timeout_only")
        self.payouts.submit(order)
        body = self._message(order, "queue_timeout")
        return body, json.loads(body)["SecurityCredential"]

    def requests(self, operation: str) -> int:
        return len(self._admin.requests(operation))

    def kill_the_token(self, operation: str) -> None:
        self._admin.fault(operation, "token_killed")

    def misbehave(self, operation: str, fault: str, argument: float | str | None = None) -> None:
        self._admin.fault(operation, fault, argument=argument)

    def _message(self, order: PayoutOrder, kind: str) -> bytes:
        give_up_at = time.monotonic() + MESSAGE_WITHIN_SECONDS
        while time.monotonic() < give_up_at:
            for message in self._admin.messages(order.reference):
                if message["kind"] == kind:
                    return json.dumps(message["body"]).encode()
            time.sleep(0.02)
        raise AssertionError(f"no {kind} about {order.reference}")


@pytest.fixture(scope="module")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox"), payout_seconds=0.05) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: SandboxProcess) -> SandboxPeer:
    running_sandbox.admin.reset()
    return SandboxPeer(running_sandbox)


#: every provider that is registered, and the fake beside them
PEERS = ("fake", "mpesa")


def test_every_registered_provider_is_held_to_the_contract() -> None:
    assert {"fake", *settings.PAYOUT_PROVIDERS} == set(PEERS)


@pytest.fixture(params=PEERS)
def peer(request: pytest.FixtureRequest) -> Peer:
    if request.param == "fake":
        return FakePeer()
    peer: SandboxPeer = request.getfixturevalue("sandbox")
    return peer


@pytest.fixture
def order() -> PayoutOrder:
    return PayoutOrder(
        reference=f"bp-{uuid4().hex[:12]}-1",
        amount_kes=250,
        msisdn="254708374149",
        remarks="Payout",
        result_url=HOOK,
        timeout_url=HOOK,
        send_before=datetime.now(UTC) + timedelta(minutes=1),
    )


def question_about(order: PayoutOrder, *, receipt: str = "") -> QueryOrder:
    return QueryOrder(order.reference, receipt, HOOK, HOOK)


def test_an_accepted_order_arrives_once_and_is_named(peer: Peer, order: PayoutOrder) -> None:
    assert peer.payouts.submit(order).provider_id

    assert peer.arrivals(order) == 1


def test_a_lost_reply_is_uncertain_and_the_order_arrived_once(peer: Peer, order: PayoutOrder) -> None:
    peer.lose_the_reply()

    with pytest.raises(Uncertain):
        peer.payouts.submit(order)

    assert peer.arrivals(order) == 1


def test_a_throttled_order_is_refused_by_the_gateway_and_may_be_cured(peer: Peer, order: PayoutOrder) -> None:
    peer.throttle()

    with pytest.raises(Rejected) as refusal:
        peer.payouts.submit(order)

    assert (refusal.value.is_curable, refusal.value.is_gateway) == (True, True)
    assert peer.arrivals(order) == 0


def test_an_order_to_a_closed_port_is_not_sent(peer: Peer, order: PayoutOrder) -> None:
    peer.stop_listening()

    with pytest.raises(NotSent):
        peer.payouts.submit(order)

    assert peer.arrivals(order) == 0


def test_a_late_order_is_not_sent(peer: Peer, order: PayoutOrder) -> None:
    late = replace(order, send_before=datetime.now(UTC))

    with pytest.raises(NotSent) as failure:
        peer.payouts.submit(late)

    assert failure.value.code == "late"
    assert peer.arrivals(late) == 0


def test_a_result_names_the_order_its_amount_and_its_recipient(peer: Peer, order: PayoutOrder) -> None:
    accepted = peer.payouts.submit(order)

    report = peer.payouts.parse_result(peer.result(order))

    assert report.verdict is Verdict.SUCCEEDED
    assert report.receipt
    assert (report.reference, report.provider_id) == (order.reference, accepted.provider_id)
    assert (report.amount_kes, report.msisdn) == (order.amount_kes, order.msisdn)


def test_an_answer_names_the_order_and_when_it_began(peer: Peer, order: PayoutOrder) -> None:
    asked_at = datetime.now(UTC)
    accepted = peer.payouts.submit(order)
    receipt = peer.payouts.parse_result(peer.result(order)).receipt

    assert peer.payouts.query(question_about(order))
    report = peer.payouts.parse_answer(peer.answer(order))

    assert report.verdict is Verdict.SUCCEEDED
    assert (report.reference, report.provider_id) == (order.reference, accepted.provider_id)
    assert (report.receipt, report.amount_kes, report.msisdn) == (receipt, order.amount_kes, order.msisdn)
    assert report.started_at is not None
    assert abs(report.started_at - asked_at) < timedelta(seconds=5)


def test_a_probe_pays_nobody(peer: Peer, order: PayoutOrder) -> None:
    peer.payouts.probe()

    assert peer.arrivals(order) == 0


def test_a_request_that_comes_back_is_stored_without_its_credential(peer: Peer, order: PayoutOrder) -> None:
    body, credential = peer.returned_request(order)

    report = peer.payouts.parse_result(body)

    assert (report.verdict, report.reference) == (Verdict.UNDECIDED, order.reference)
    assert credential.encode() in body
    assert credential.encode() not in peer.payouts.redact(body)
    assert peer.payouts.parse_result(peer.payouts.redact(body)) == report


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[1]", b"<html>", b"\xff"])
def test_what_is_no_message_is_unreadable(peer: Peer, body: bytes) -> None:
    for parse in (peer.payouts.parse_result, peer.payouts.parse_answer):
        with pytest.raises(UnreadableMessage):
            parse(body)


# M-Pesa alone: what only a gateway of one's own can do


UNCERTAIN_FAULTS = ["cut_request", "internal_error", "internal_error_but_done", "http_500", "html_503", "soap_500"]


@pytest.mark.parametrize("fault", [*UNCERTAIN_FAULTS, "rate_429"])
def test_mpesa_sends_once_whatever_the_gateway_does(sandbox: SandboxPeer, order: PayoutOrder, fault: str) -> None:
    sandbox.misbehave("b2c", fault)

    with pytest.raises(Uncertain):
        sandbox.payouts.submit(order)

    assert sandbox.requests("b2c") == 1


def test_mpesa_refuses_a_reference_twice_and_that_decides_nothing(sandbox: SandboxPeer, order: PayoutOrder) -> None:
    sandbox.payouts.submit(order)

    with pytest.raises(Uncertain, match="an earlier send arrived"):
        sandbox.payouts.submit(order)

    assert sandbox.arrivals(order) == 1


def test_mpesa_replaces_a_killed_token_after_the_refusal(sandbox: SandboxPeer, order: PayoutOrder) -> None:
    sandbox.kill_the_token("b2c")

    with pytest.raises(Rejected) as refusal:
        sandbox.payouts.submit(order)
    assert (refusal.value.is_curable, sandbox.requests("b2c")) == (True, 1)

    assert sandbox.payouts.submit(order).provider_id


def test_mpesa_asks_again_with_a_new_token(sandbox: SandboxPeer, order: PayoutOrder) -> None:
    sandbox.payouts.submit(order)
    sandbox.kill_the_token("status_query")

    assert sandbox.payouts.query(question_about(order))


@pytest.mark.parametrize(
    ("fault", "argument", "verdict"),
    [
        ("not_found", None, Verdict.UNDECIDED),
        ("error", "17", Verdict.UNDECIDED),
        ("status", "Initiated", Verdict.UNDECIDED),
        ("status", "Authorized", Verdict.UNDECIDED),
        ("status", "Declined", Verdict.FAILED),
        ("debit_party_twice", None, Verdict.SUCCEEDED),
    ],
)
def test_mpesa_answers_are_read_as_what_they_prove(
    sandbox: SandboxPeer, order: PayoutOrder, fault: str, argument: str | None, verdict: Verdict
) -> None:
    sandbox.payouts.submit(order)
    sandbox.result(order)
    sandbox.misbehave("query_answer", fault, argument)

    sandbox.payouts.query(question_about(order))

    assert sandbox.payouts.parse_answer(sandbox.answer(order)).verdict is verdict


@pytest.mark.parametrize(("code", "is_curable"), [("1", True), ("2001", True), ("2040", False), ("SFC_IC0003", False)])
def test_mpesa_refusals_are_failures(sandbox: SandboxPeer, order: PayoutOrder, code: str, is_curable: bool) -> None:
    sandbox.misbehave("b2c_result", "decline", code)
    sandbox.payouts.submit(order)

    report = sandbox.payouts.parse_result(sandbox.result(order))

    assert (report.verdict, report.code, report.is_curable) == (Verdict.FAILED, code, is_curable)
    assert report.receipt is None
