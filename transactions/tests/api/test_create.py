"""`POST /api/v1/transactions`: what is accepted, and what is refused with everything that is wrong named."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from transactions.models import IdempotencyRecord, Quote, Recipient, Transaction, TransactionEvent
from transactions.services import kill_switch
from transactions.tests.api.conftest import PAYMENT, TRANSACTIONS, Integrator, new_integrator
from transactions.tests.factories import RateSnapshotFactory

pytestmark = pytest.mark.django_db


def rows() -> int:
    """Count whatever a creation writes."""
    return sum(model.objects.count() for model in (IdempotencyRecord, Quote, Recipient, Transaction, TransactionEvent))


def faults(answer: HttpResponse) -> dict[str, str]:
    """Return what a problem names: place → message."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    return {
        fault.get("pointer", fault.get("header", fault.get("parameter"))): fault["message"]
        for fault in answer.json()["errors"]
    }


def test_a_payment_is_accepted_and_can_be_looked_up_where_the_answer_says(integrator: Integrator) -> None:
    answer = integrator.pay(PAYMENT | {"client_reference": "order-1"})

    assert answer.status_code == 202
    assert integrator.get(answer.headers["Location"]).json() == answer.json()
    row = Transaction.objects.get()
    assert answer.json()["id"] == str(row.id)
    assert (row.client, row.client_reference, row.amount_kes) == (integrator.client, "order-1", 1500)


def test_money_in_an_answer_is_integers_and_strings_and_the_number_is_masked(integrator: Integrator) -> None:
    answer = integrator.pay().json()

    # 1,500.00 + 15.00 fee + 22.50 spread at 13,000,000 KES per bitcoin
    assert answer["amount_sats"] == 11_827
    assert answer["amount_msat"] == "11827000"
    assert (answer["fee_kes"], answer["spread_kes"]) == ("15.00", "22.50")
    assert answer["kes_per_btc"] == "13000000.0000"
    assert answer["recipient"] == {"phone": "2547•••678"}
    assert (answer["conclusive"], answer["invoice"], answer["payout"]) == (False, None, None)
    assert answer["checkout_url"] == f"http://testserver/pay/{answer['id']}"


def test_the_event_says_which_client_asked(integrator: Integrator) -> None:
    integrator.pay()

    assert TransactionEvent.objects.get().actor == f"api:{integrator.client.name}"


def test_a_client_with_a_long_name_can_pay(integrator: Integrator) -> None:
    integrator.client.name = "N" * 100
    integrator.client.save()

    assert integrator.pay().status_code == 202


@pytest.mark.parametrize(
    ("change", "pointer", "remedy"),
    [
        ({"amount_kes": "100"}, "/amount_kes", "JSON integer"),
        ({"amount_kes": 1.5}, "/amount_kes", "JSON integer"),
        ({"amount_kes": 100.0}, "/amount_kes", "JSON integer"),
        ({"amount_kes": True}, "/amount_kes", "JSON integer"),
        ({"amount_kes": None}, "/amount_kes", "null"),
        ({"amount_kes": 9}, "/amount_kes", "from 10 to 250,000"),
        ({"amount_kes": 250_001}, "/amount_kes", "from 10 to 250,000"),
        ({"amount_kes": -1500}, "/amount_kes", "from 10 to 250,000"),
        ({"amount_kes": 10**400}, "/amount_kes", "from 10 to 250,000"),
        ({"recipient": {"phone": "0812345678"}}, "/recipient/phone", "Give a Kenyan mobile number"),
        ({"recipient": {"phone": 712345678}}, "/recipient/phone", "string"),
        ({"recipient": {"phone": "\ud800"}}, "/recipient/phone", "Surrogate"),
        ({"recipient": {}}, "/recipient/phone", "required"),
        ({"recipient": "0712345678"}, "/recipient", "dictionary"),
        ({"recipient": {"phone": "0712345678", "name": "A"}}, "/recipient/name", "There are: phone"),
        ({"type": "send_mony"}, "/type", "Use one of: send_money"),
        ({"type": ["send_money"]}, "/type", "Use one of: send_money"),
        ({"client_reference": ""}, "/client_reference", "blank"),
        ({"client_reference": "x" * 101}, "/client_reference", "100"),
        ({"client_reference": 7}, "/client_reference", "string"),
        ({"client_reference": "a\0b"}, "/client_reference", "Null"),
        ({"amount_ksh": 1500}, "/amount_ksh", "There are: type, amount_kes, recipient, client_reference"),
        ({"a/b~c": 1}, "/a~1b~0c", "no such field"),
    ],
)
def test_a_wrong_field_is_named_with_its_remedy_and_nothing_is_written(
    integrator: Integrator, change: dict[str, Any], pointer: str, remedy: str
) -> None:
    answer = integrator.pay(PAYMENT | change)

    assert answer.status_code == 422
    assert list(faults(answer)) == [pointer]
    assert remedy in faults(answer)[pointer]
    assert rows() == 0


def test_an_empty_body_lacks_every_field(integrator: Integrator) -> None:
    assert set(faults(integrator.post(""))) == {"/type", "/amount_kes", "/recipient"}


def test_everything_that_is_wrong_is_told_at_once(integrator: Integrator) -> None:
    answer = integrator.pay({"type": "send_money", "amount_kes": 1, "recipient": {"phone": "x"}, "extra": 1})

    assert set(faults(answer)) == {"/amount_kes", "/recipient/phone", "/extra"}
    assert "amount_kes, recipient.phone, extra" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"type": "send_money",\n "amount_kes": }', "Line 2, column 16"),
        (" ", "Line 1, column 2"),
        ('{"amount_kes": NaN}', "NaN"),
        ('{"amount_kes": -Infinity}', "Infinity"),
        ('{"amount_kes": 10, "amount_kes": 20}', 'twice in one object: "amount_kes"'),
        ("[" * 60_000, "nested too deeply"),
        ('{"amount_kes": ' + "1" * 5_000 + "}", "too long"),
        (b'{"type": "\xff"}', "Byte 11 is not UTF-8"),
    ],
)
def test_a_body_that_is_not_json_is_refused_naming_the_place(
    integrator: Integrator, body: str | bytes, words: str
) -> None:
    answer = integrator.post(body)

    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed-json"
    assert words in answer.json()["detail"]
    assert rows() == 0


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "7"])
def test_a_body_that_is_no_object_is_refused(integrator: Integrator, body: str) -> None:
    answer = integrator.post(body)

    assert answer.status_code == 422
    assert list(faults(answer)) == [""]


class Unreadable:
    """A body that must not be read."""

    def read(self, *_: int) -> bytes:
        raise AssertionError("the body was read")

    readline = read


def test_a_large_body_is_refused_without_being_read(integrator: Integrator) -> None:
    answer = integrator.http.generic(
        "POST",
        TRANSACTIONS,
        headers={"Authorization": f"Bearer {integrator.key}", "Idempotency-Key": "k"},
        CONTENT_TYPE="application/json",
        CONTENT_LENGTH=64 * 1024 + 1,
        **{"wsgi.input": Unreadable()},
    )

    assert answer.status_code == 413
    assert answer.json()["code"] == "body-too-large"


def test_a_body_of_unknown_length_is_refused_and_not_taken_for_empty(integrator: Integrator) -> None:
    answer = integrator.http.generic(
        "POST",
        TRANSACTIONS,
        headers={
            "Authorization": f"Bearer {integrator.key}",
            "Idempotency-Key": "k",
            "Transfer-Encoding": "chunked",
        },
    )

    assert answer.status_code == 411


def test_another_content_type_is_refused(integrator: Integrator) -> None:
    answer = integrator.post("type=send_money", content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize("key", ["", "k" * 256, "kä", "a\tb"])
def test_without_a_proper_idempotency_key_nothing_is_done(integrator: Integrator, key: str) -> None:
    answer = integrator.pay(Idempotency_Key=key)

    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency-key-missing"
    assert "1 to 255" in faults(answer)["Idempotency-Key"]
    assert rows() == 0


def test_a_client_reference_names_one_transaction_for_ever(integrator: Integrator) -> None:
    first = integrator.pay(PAYMENT | {"client_reference": "order-1"})
    second = integrator.pay(PAYMENT | {"client_reference": "order-1"})
    elsewhere = new_integrator().pay(PAYMENT | {"client_reference": "order-1"})

    assert (first.status_code, second.status_code, elsewhere.status_code) == (202, 409, 202)
    assert second.json()["code"] == "client-reference-taken"
    assert list(faults(second)) == ["/client_reference"]


def test_while_the_kill_switch_is_on_nothing_is_accepted(integrator: Integrator) -> None:
    kill_switch.engage(reason="drill", by="operator:alice", at=timezone.now())

    answer = integrator.pay()

    assert answer.status_code == 503
    assert answer.json()["code"] == "payments-stopped"
    assert int(answer.headers["Retry-After"]) > 0
    assert rows() == 0


def test_without_a_fresh_price_nothing_is_accepted(db: None) -> None:
    RateSnapshotFactory(fetched_at=timezone.now() - timezone.timedelta(seconds=91))

    answer = new_integrator().pay()

    assert answer.status_code == 503
    assert answer.json()["code"] == "rate-unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    assert rows() == 0


def test_creation_takes_the_same_few_queries_each_time(
    integrator: Integrator, django_assert_max_num_queries: Any
) -> None:
    integrator.pay()

    with django_assert_max_num_queries(14):
        integrator.pay()


def test_a_page_of_a_browser_cannot_use_the_api_with_its_cookies(integrator: Integrator) -> None:
    answer = Client().post(TRANSACTIONS, json.dumps(PAYMENT), content_type="application/json")

    assert answer.status_code == 401
