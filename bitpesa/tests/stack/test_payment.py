"""The demo's payment against a small HTTP server that plays the platform, one answer after the other."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bitpesa.stack.errors import StackError
from bitpesa.stack.payment import Payment
from bitpesa.stack.public_api import PublicApi

EVENTS = [
    {"at": f"2026-11-22T12:00:0{second}Z", "from_status": "", "to_status": status, "reason": "because", "actor": "x"}
    for second, status in enumerate(
        ["created", "awaiting_payment", "paid", "payout_submitting", "settling", "completed"]
    )
]


class Platform:
    """What it answers now; each look at the transaction moves it one status further."""

    def __init__(self) -> None:
        self.refusals = 0
        self.step = 0
        self.last_step = len(EVENTS) - 1
        self.asked: list[dict] = []
        self.paid: list[str] = []

    def transaction(self) -> dict:
        is_open = self.step < 1
        return {
            "id": "t1",
            "reference": "BP-1",
            "status": EVENTS[self.step]["to_status"],
            "amount_kes": 250,
            "amount_msat": "1923004",
            "invoice": None if is_open else {"bolt11": "lnbcrt1"},
            "payout": {"receipt": "SKL0000001"},
        }

    def advance(self) -> None:
        if self.step < (1 if not self.paid else self.last_step):
            self.step += 1


@pytest.fixture
def platform():
    return Platform()


@pytest.fixture
def api(platform):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            platform.asked.append({**dict(self.headers), "body": body})
            if platform.refusals:
                platform.refusals -= 1
                self.answer(503, {"detail": "no prices yet"})
            else:
                self.answer(202, platform.transaction())

        def do_GET(self):
            if self.path.endswith("/events"):
                self.answer(200, {"results": EVENTS[: platform.step + 1][::-1]})
            else:
                platform.advance()
                self.answer(200, platform.transaction())

        def answer(self, status, body):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield PublicApi(f"http://127.0.0.1:{server.server_port}", "bp_test_key")
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def said():
    return []


@pytest.fixture
def payment(api, platform, said):
    return Payment(api, pay=platform.paid.append, wait=lambda _seconds: time.sleep(0.01), say=said.append)


def test_the_invoice_is_paid_once_and_the_completed_transaction_returned(payment, platform):
    transaction = payment.make()

    assert transaction["status"] == "completed"
    assert platform.paid == ["lnbcrt1"]


def test_the_order_carries_the_key_and_an_idempotency_key(payment, platform):
    payment.make()

    [asked] = platform.asked
    assert asked["Authorization"] == "Bearer bp_test_key"
    assert len(asked["Idempotency-Key"]) == 36
    assert asked["body"] == {"type": "send_money", "amount_kes": 250, "recipient": {"phone": "0708374149"}}


def test_every_event_is_shown_once_in_order_with_its_seconds(payment, said):
    payment.make()

    shown = [line for line in said if line.strip()[:1].isdigit()]
    assert [line.split()[0] for line in shown] == ["0.0s", "1.0s", "2.0s", "3.0s", "4.0s", "5.0s"]
    assert shown[2].split()[1] == "1,923.004"
    assert shown[-1].endswith("250.00")


def test_an_order_is_repeated_while_there_are_no_prices(payment, platform):
    platform.refusals = 2

    assert payment.make()["status"] == "completed"
    assert len(platform.asked) == 3


def test_a_payment_that_ends_in_another_way_says_how_and_why(payment, platform, monkeypatch):
    monkeypatch.setitem(EVENTS[5], "to_status", "refunded")

    with pytest.raises(StackError, match="ended as refunded: because"):
        payment.make()


def test_a_refusal_is_told_in_the_platforms_own_words(api, platform):
    platform.refusals = 1

    with pytest.raises(StackError, match=r"POST .* was answered 503: no prices yet"):
        api.create({})
