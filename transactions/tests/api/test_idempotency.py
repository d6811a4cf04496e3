"""A repeated request is answered again and not done again, also when both come at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from transactions.errors import IdempotencyKeyBusy, IdempotencyKeyReused
from transactions.models import ApiClient, IdempotencyRecord, RateSnapshot, Transaction
from transactions.services import idempotency
from transactions.services.idempotency import Answer
from transactions.tests.api.conftest import PAYMENT, Integrator, new_integrator
from transactions.tests.factories import ApiClientFactory, RateSnapshotFactory

AT = timezone.now()


class Work:
    """Counts how often it is done."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> Answer:
        self.count += 1
        return Answer(202, f"/things/{self.count}", b'{"number": %d}' % self.count)


def once(
    client: ApiClient, work: Any, *, at: datetime = AT, key: str = "k", operation: str = "make", **fields: Any
) -> Answer:
    return idempotency.once(client=client, key=key, operation=operation, fields=fields, at=at, work=work)


@pytest.mark.django_db
def test_a_repeat_is_answered_byte_for_byte_and_says_so(integrator: Integrator) -> None:
    first = integrator.pay(key="k")
    again = integrator.pay(key="k", Prefer="wait=3")

    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert Transaction.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"amount_kes": 1501}, ["/amount_kes"]),
        ({"recipient": {"phone": "0712345679"}}, ["/recipient/phone"]),
        ({"amount_kes": 1501, "client_reference": "order-2"}, ["/amount_kes", "/client_reference"]),
    ],
)
def test_another_body_with_the_same_key_is_refused_naming_what_differs(
    integrator: Integrator, change: dict[str, Any], pointers: list[str]
) -> None:
    integrator.pay(key="k")

    answer = integrator.pay(PAYMENT | change, key="k")

    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency-key-reused"
    assert [fault["pointer"] for fault in answer.json()["errors"]] == pointers
    assert Transaction.objects.count() == 1


@pytest.mark.django_db
def test_the_order_of_fields_and_an_explicit_null_make_no_difference(integrator: Integrator) -> None:
    integrator.pay(key="k")

    again = integrator.pay({"client_reference": None} | dict(reversed(PAYMENT.items())), key="k")

    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.django_db
def test_a_key_belongs_to_one_client(integrator: Integrator) -> None:
    mine, theirs = integrator.pay(key="k"), new_integrator().pay(key="k")

    assert mine.json()["id"] != theirs.json()["id"]


@pytest.mark.django_db
def test_a_first_request_that_fails_releases_the_key() -> None:
    integrator = new_integrator()
    assert integrator.pay(key="k").status_code == 503
    RateSnapshotFactory()

    again = integrator.pay(PAYMENT | {"amount_kes": 2000}, key="k")

    assert again.status_code == 202
    assert "Idempotency-Replayed" not in again.headers


@pytest.mark.django_db
def test_a_record_names_nobody(integrator: Integrator) -> None:
    integrator.pay(key="one")
    integrator.pay(key="two")

    one, two = IdempotencyRecord.objects.order_by("id")
    assert "712345678" not in str(one.field_hashes) + bytes(one.response_body).decode()
    assert set(one.field_hashes) == {"type", "amount_kes", "recipient.phone", "client_reference"}
    # Not even that two payments went to the same person.
    assert one.field_hashes["recipient.phone"] != two.field_hashes["recipient.phone"]


@pytest.mark.django_db
def test_a_key_is_kept_for_thirty_days_and_then_taken_over() -> None:
    client, work = ApiClientFactory(), Work()
    once(client, work, a=1)

    late = once(client, work, at=AT + timedelta(days=30, seconds=-1), a=1)
    over = once(client, work, at=AT + timedelta(days=30), a=2)
    again = once(client, work, at=AT + timedelta(days=59), a=2)

    assert [late.is_replayed, over.is_replayed, again.is_replayed] == [True, False, True]
    assert again.body == over.body == b'{"number": 2}'


@pytest.mark.django_db
def test_a_key_used_for_another_operation_is_refused() -> None:
    client, work = ApiClientFactory(), Work()
    once(client, work, a=1)

    with pytest.raises(IdempotencyKeyReused, match="operation"):
        once(client, work, operation="break", a=1)


@pytest.mark.django_db
def test_expired_records_are_deleted_and_others_kept() -> None:
    client = ApiClientFactory()
    once(client, Work(), key="old")
    once(client, Work(), key="new", at=AT + timedelta(days=1))

    assert idempotency.forget_expired(at=AT + timedelta(days=30)) == 1
    assert [record.key for record in IdempotencyRecord.objects.all()] == ["new"]


def in_thread(do: Any) -> Any:
    """Work in a thread that has a connection of its own, and close it."""

    def run(*arguments: Any) -> Any:
        try:
            return do(*arguments)
        finally:
            connection.close()

    return run


def test_fifty_equal_requests_at_once_make_one_transaction(committed_db: None) -> None:
    RateSnapshotFactory()
    integrator, barrier = new_integrator(), Barrier(50)

    def pay(_: int) -> tuple[int, bytes, bool]:
        barrier.wait()
        answer = Integrator(integrator.client, integrator.key).pay(key="k")
        return answer.status_code, answer.content, "Idempotency-Replayed" in answer.headers

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(in_thread(pay), range(50)))

    assert Transaction.objects.count() == 1
    assert {status for status, _, _ in answers} <= {202, 409}
    accepted = [(body, is_replayed) for status, body, is_replayed in answers if status == 202]
    assert len({body for body, _ in accepted}) == 1
    assert [is_replayed for _, is_replayed in accepted].count(False) == 1


def test_fifty_different_requests_at_once_are_all_accepted(committed_db: None) -> None:
    RateSnapshotFactory()
    integrator = new_integrator()

    def pay(_: int) -> int:
        return Integrator(integrator.client, integrator.key).pay().status_code

    with ThreadPoolExecutor(10) as threads:
        statuses = list(threads.map(in_thread(pay), range(50)))

    assert statuses == [202] * 50
    assert Transaction.objects.count() == 50


def test_a_repeat_waits_for_the_first_and_is_told_to_come_back_if_that_takes_too_long(committed_db: None) -> None:
    client, has_begun, may_end = ApiClientFactory(), Event(), Event()

    def slow() -> Answer:
        has_begun.set()
        assert may_end.wait(20)
        return Answer(202, "/things/1", b"first")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(in_thread(lambda: once(client, slow, a=1)))
        assert has_begun.wait(20)
        with pytest.raises(IdempotencyKeyBusy):
            once(client, Work(), a=1)
        patient = threads.submit(in_thread(lambda: once(client, Work(), a=1)))
        may_end.set()

        assert first.result().body == b"first"
        assert patient.result() == Answer(202, "/things/1", b"first", is_replayed=True)


def test_when_the_first_fails_the_one_that_waited_does_the_work(committed_db: None) -> None:
    client, has_begun, may_end = ApiClientFactory(), Event(), Event()

    def failing() -> Answer:
        RateSnapshotFactory()
        has_begun.set()
        assert may_end.wait(20)
        raise RuntimeError("broken")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(in_thread(lambda: once(client, failing, a=1)))
        assert has_begun.wait(20)
        second = threads.submit(in_thread(lambda: once(client, Work(), a=1)))
        may_end.set()

        assert isinstance(first.exception(), RuntimeError)
        assert second.result().is_replayed is False
    assert not RateSnapshot.objects.exists()
