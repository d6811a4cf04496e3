"""Keys: which are refused, and what the refusal says."""

from datetime import timedelta

import pytest
from django.utils import timezone

from transactions.models import Transaction
from transactions.services import api_clients
from transactions.tests.api.conftest import TRANSACTIONS, Integrator
from transactions.tests.factories import ApiClientFactory, ApiKeyFactory, TransactionFactory

pytestmark = pytest.mark.django_db


def test_a_key_that_was_made_opens_the_api_and_is_not_stored(integrator: Integrator) -> None:
    text = api_clients.make_key(integrator.client, at=timezone.now())

    assert Integrator(integrator.client, text).get().status_code == 200
    stored = integrator.client.keys.order_by("-created_at").first()
    assert text.startswith(stored.prefix)
    assert text not in str(vars(stored))


@pytest.mark.parametrize(
    ("key", "code", "words"),
    [
        ("bp_live_" + "0" * 40, "api-key-of-other-mode", "begins with bp_test_"),
        ("bp_test_" + "0" * 40, "api-key-invalid", "no such API key"),
        ("bp_test_" + "0" * 39, "api-key-invalid", "bp_test_ and 40 hex digits"),
        ("", "api-key-invalid", "bp_test_ and 40 hex digits"),
        ("\xe4\xf6", "api-key-invalid", "bp_test_ and 40 hex digits"),
    ],
)
def test_a_wrong_key_is_refused_saying_what_is_wrong_with_it(
    integrator: Integrator, key: str, code: str, words: str
) -> None:
    integrator.key = key

    answer = integrator.pay()

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == code
    assert words in answer.json()["detail"]
    assert not Transaction.objects.exists()


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "api-key-expired"),
        ({"revoked_at": timezone.now()}, "api-key-revoked"),
    ],
)
def test_a_key_that_has_ended_is_refused_saying_how(columns: dict[str, object], code: str) -> None:
    text = "bp_test_" + "ab" * 20
    key = ApiKeyFactory(text=text, **columns)

    answer = Integrator(key.client, text).get()

    assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_a_client_that_is_switched_off_is_refused() -> None:
    text = "bp_test_" + "ab" * 20
    key = ApiKeyFactory(text=text, client=ApiClientFactory(is_active=False))

    assert Integrator(key.client, text).get().json()["code"] == "api-client-inactive"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic dXNlcjpwYXNz"}])
def test_without_a_key_the_answer_says_how_to_send_one(integrator: Integrator, header: dict[str, str]) -> None:
    answer = integrator.http.get(TRANSACTIONS, headers=header)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["", "/events"])
def test_the_transaction_of_another_client_is_not_there(integrator: Integrator, path: str) -> None:
    foreign = TransactionFactory()

    answer = integrator.get(f"{TRANSACTIONS}/{foreign.id}{path}")

    assert answer.status_code == 404
    assert answer.json()["code"] == "transaction-not-found"


def test_a_key_made_elsewhere_is_remembered_once() -> None:
    text = "bp_test_" + "cd" * 20

    first = api_clients.remember_key(text, client_name="Demo", at=timezone.now())
    again = api_clients.remember_key(text, client_name="Demo", at=timezone.now())

    assert first == again
    assert Integrator(first.client, text).get().status_code == 200


@pytest.mark.parametrize("text", ["bp_live_" + "0" * 40, "secret"])
def test_a_key_of_another_mode_cannot_be_remembered(text: str) -> None:
    with pytest.raises(ValueError, match="bp_test_"):
        api_clients.remember_key(text, client_name="Demo", at=timezone.now())
