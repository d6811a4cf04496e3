"""Hints: announced by a move, sent to whoever may listen, and missed by nobody who polls."""

import http.client
import signal
import time
from contextlib import contextmanager
from unittest import mock
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.core import signing

from bitpesa.infrastructure.resilience import redis_client
from frontend import live
from frontend.tests import live_process, payments
from frontend.tests.relay import Relay

PUBLIC_URL = "http://testserver"


@pytest.fixture
def no_quiet_period(monkeypatch):
    monkeypatch.setattr(live, "_quiet_until", 0.0)


@pytest.fixture(scope="module")
def process():
    with live_process.running(public_url=PUBLIC_URL, REDIS_URL=settings.REDIS_URL) as running:
        yield running


@contextmanager
def _stream(url, token, *, timeout=10):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=timeout)
    connection.request("GET", f"/live/{token}")
    answer = connection.getresponse()
    try:
        yield answer
    finally:
        answer.close()
        connection.close()


def _token(subject):
    return live.stream_url(subject).rpartition("/")[2]


def _next_event(answer):
    """Read up to the end of the next event: (event, data)."""
    fields = {}
    while line := answer.readline().decode():
        if line == "\n" and "event" in fields:
            return fields["event"], fields["data"]
        name, _, value = line.rstrip("\n").partition(":")
        fields[name] = value.strip()
    raise EOFError("the stream ended")


def _netloc(port):
    """The address of Redis with its credentials, at another port of this machine."""
    credentials, at, _ = urlsplit(settings.REDIS_URL).netloc.rpartition("@")
    return f"{credentials}{at}127.0.0.1:{port}"


@contextmanager
def _redis_at(port):
    """Redis behind a relay of our own, so that it can come and go."""
    address = urlsplit(settings.REDIS_URL)
    relay = Relay(("127.0.0.1", port), (address.hostname, address.port or 6379))
    try:
        yield
    finally:
        relay.close()


def test_a_move_is_announced_after_its_commit(db, now, no_quiet_period, django_capture_on_commit_callbacks):
    with redis_client(settings.REDIS_URL).pubsub() as subscription:
        subscription.subscribe(live.CHANNEL)
        assert subscription.get_message(timeout=1)["type"] == "subscribe"
        with django_capture_on_commit_callbacks(execute=True):
            row = payments.make("created", at=now)

        heard = subscription.get_message(timeout=1)

    assert heard["data"].decode() == str(row.id)


def test_without_redis_announcing_costs_little_once_and_then_nothing(no_quiet_period, monkeypatch):
    port = live_process.free_port()
    monkeypatch.setattr(live, "_client", lambda: redis_client(f"redis://127.0.0.1:{port}/0"))

    started = time.monotonic()
    for _ in range(200):
        live.publish(transaction_id=uuid4())

    assert time.monotonic() - started < 1
    assert live._quiet_until > time.monotonic()


def test_a_token_is_for_its_subject_only_and_not_for_ever():
    token = _token("t:1")
    assert live.subject_in(token) == "t:1"

    with pytest.raises(signing.BadSignature):
        live.subject_in(token[:-1] + ("A" if token[-1] != "A" else "B"))
    tomorrow = mock.patch("django.core.signing.time.time", return_value=time.time() + 13 * 3_600)
    with tomorrow, pytest.raises(signing.SignatureExpired):
        live.subject_in(token)


def test_a_listener_hears_of_its_transaction_and_of_no_other(process, no_quiet_period):
    url, _ = process
    mine, other = uuid4(), uuid4()
    with _stream(url, _token(live.subject_of(mine))) as answer:
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == PUBLIC_URL
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert _next_event(answer) == ("state", "live")

        live.publish(transaction_id=other)
        live.publish(transaction_id=mine)

        assert _next_event(answer) == ("changed", str(mine))


def test_the_dashboard_hears_of_everything(process, no_quiet_period):
    url, _ = process
    with _stream(url, _token(live.EVERYTHING)) as answer:
        assert _next_event(answer) == ("state", "live")
        for transaction_id in (uuid4(), uuid4()):
            live.publish(transaction_id=transaction_id)
            assert _next_event(answer) == ("changed", str(transaction_id))


@pytest.mark.parametrize(
    ("path", "status"), [("/live/forged", 403), ("/live/", 403), ("/", 404), ("/admin/", 404), ("/health/live", 200)]
)
def test_the_live_process_serves_streams_and_nothing_else(process, path, status):
    connection = http.client.HTTPConnection(process[0].removeprefix("http://"), timeout=10)
    connection.request("GET", path)
    assert connection.getresponse().status == status
    connection.close()


def test_without_redis_a_stream_stays_open_says_so_and_recovers(no_quiet_period, monkeypatch):
    port = live_process.free_port()
    redis_url = urlsplit(settings.REDIS_URL)._replace(netloc=_netloc(port)).geturl()
    with (
        live_process.running(public_url=PUBLIC_URL, REDIS_URL=redis_url) as (url, _),
        _stream(url, _token(live.EVERYTHING), timeout=20) as answer,
    ):
        assert _next_event(answer) == ("state", "away")

        with _redis_at(port):
            assert _next_event(answer) == ("state", "live")
            monkeypatch.setattr(live, "_client", lambda: redis_client(redis_url))
            transaction_id = uuid4()
            live.publish(transaction_id=transaction_id)
            assert _next_event(answer) == ("changed", str(transaction_id))

        assert _next_event(answer) == ("state", "away")


def test_a_server_that_stops_does_not_wait_for_its_streams():
    with (
        live_process.running(public_url=PUBLIC_URL, REDIS_URL=settings.REDIS_URL) as (url, running),
        _stream(url, _token(live.EVERYTHING)) as answer,
    ):
        assert _next_event(answer)[0] == "state"

        running.send_signal(signal.SIGTERM)

        running.wait(timeout=5)
        assert answer.read() == b""
