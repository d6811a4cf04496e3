"""`Prefer: wait`: an answer may be held until the invoice exists, and never for long or by many."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic, sleep

import pytest
from celery import Celery, current_app
from django.db import connection

from transactions import dispatch
from transactions.api import waiting
from transactions.models import IdempotencyRecord, Transaction
from transactions.tests.api.conftest import Integrator, new_integrator
from transactions.tests.factories import RateSnapshotFactory, TransactionFactory, advance_to

S = Transaction.Status


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("wait=5", 5),
        ("respond-async, wait=3", 3),
        ("wait=7; foo=bar", 7),
        ('wait="4"', 4),
        ("Wait = 2", 2),
        ("wait=60", 10),
        ("wait=0", 0),
        ("wait", 0),
        ("wait=-1", 0),
        ("wait=1.5", 0),
        ("await=5", 0),
        ("wait=99999999999999", 0),
    ],
)
def test_a_preference_is_read_or_ignored(header: str, seconds: int) -> None:
    assert waiting.preferred_seconds(header) == seconds


def _lead(to: str) -> None:
    """Be the worker: make the invoice of the only transaction, as soon as there is one."""
    try:
        while not (row := Transaction.objects.first()):
            sleep(0.02)
        advance_to(row, to)
    finally:
        connection.close()


def test_a_client_that_waits_gets_the_invoice(committed_db: None) -> None:
    RateSnapshotFactory()
    integrator = new_integrator()

    with ThreadPoolExecutor(1) as threads:
        threads.submit(_lead, S.AWAITING_PAYMENT)
        answer = integrator.pay(key="k", Prefer="wait=10")

    assert answer.status_code == 201
    assert answer.headers["Preference-Applied"] == "wait=10"
    assert answer.json()["invoice"]["bolt11"]
    assert integrator.get(answer.headers["Location"]).json() == answer.json()
    assert IdempotencyRecord.objects.get().response_status == 202


def test_a_client_that_waits_in_vain_gets_what_was_accepted(committed_db: None) -> None:
    RateSnapshotFactory()

    begun = monotonic()
    answer = new_integrator().pay(Prefer="wait=1")

    assert answer.status_code == 202
    assert "Preference-Applied" not in answer.headers
    assert 1 <= monotonic() - begun < 5


def test_a_transaction_that_fails_ends_the_wait(committed_db: None) -> None:
    RateSnapshotFactory()

    begun = monotonic()
    with ThreadPoolExecutor(1) as threads:
        threads.submit(_lead, S.FAILED)
        answer = new_integrator().pay(Prefer="wait=10")

    assert answer.status_code == 202
    assert monotonic() - begun < 9


def test_no_more_than_a_quarter_of_the_threads_wait(committed_db: None) -> None:
    row, barrier = TransactionFactory(), Barrier(6)

    def wait(_: int) -> float:
        barrier.wait()
        begun = monotonic()
        try:
            waiting.until_issued(row.id, seconds=1)
        finally:
            connection.close()
        return monotonic() - begun

    with ThreadPoolExecutor(6) as threads:
        held = [seconds for seconds in threads.map(wait, range(6)) if seconds > 0.5]

    assert len(held) == 2


def test_without_a_broker_the_answer_is_not_slow(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    RateSnapshotFactory()
    integrator: Integrator = new_integrator()
    usual = current_app._get_current_object()
    monkeypatch.setattr(dispatch, "_quiet_until", 0.0)
    lonely = Celery("lonely")
    lonely.config_from_object("django.conf:settings", namespace="CELERY")
    lonely.conf.broker_url = "redis://127.0.0.1:1/0"
    lonely.set_current()

    begun = monotonic()
    try:
        statuses = [integrator.pay().status_code for _ in range(5)]
    finally:
        usual.set_current()

    assert statuses == [202] * 5
    assert dispatch._quiet_until > begun
    assert monotonic() - begun < 2
