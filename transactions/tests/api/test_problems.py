"""Everything that goes wrong under `/api/` is answered with a problem (RFC 9457) that leads to its remedy."""

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.db import OperationalError
from django.test import Client
from rest_framework import exceptions

from transactions import errors as domain
from transactions import transaction_types
from transactions.api.errors import KINDS, problem_response
from transactions.tests.api.conftest import TRANSACTIONS, Integrator
from transactions.transaction_types.send_money import SendMoney


def subclasses(cls: type) -> Iterator[type]:
    for subclass in cls.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def test_every_error_of_the_domain_has_a_status() -> None:
    codes = {error.code for error in (domain.BridgeError, *subclasses(domain.BridgeError))}

    assert codes <= set(KINDS)


def test_every_error_of_the_framework_has_a_status() -> None:
    # A ValidationError becomes invalid-field; an APIException as such is never raised.
    raised = set(subclasses(exceptions.APIException)) - {exceptions.ValidationError}
    codes = {str(error.default_code).replace("_", "-") for error in raised if error.__module__ == exceptions.__name__}

    assert codes <= set(KINDS)


@pytest.mark.parametrize("code", KINDS)
def test_the_type_of_every_problem_leads_to_a_page_with_the_remedy(code: str) -> None:
    page = Client().get(f"/api/problems/{code}")

    assert page.status_code == 200
    assert code in page.content.decode()
    assert KINDS[code].remedy in page.content.decode()


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
@pytest.mark.parametrize(
    "path",
    ["/api/", "/api/v1/transactions/", "/api/v1/transactions/BP-1", "/api/problems/x", "/api/x.php"],
)
def test_an_unknown_address_is_a_problem_for_every_method(path: str, method: str) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)(path)

    assert answer.status_code in ({404, 405} if path == "/api/problems/x" else {404})
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_another_method_is_refused_with_those_that_are_allowed(integrator: Integrator, method: str) -> None:
    answer = getattr(integrator.http, method)(TRANSACTIONS, headers={"Authorization": f"Bearer {integrator.key}"})

    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.django_db
@pytest.mark.parametrize("query", [{}, {"format": "xml"}])
def test_an_answer_is_json_whatever_form_is_asked_for(integrator: Integrator, query: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {integrator.key}", "Accept": "text/html"}

    answer = integrator.http.get(f"{TRANSACTIONS}/{integrator.client.id}", query, headers=headers)

    assert answer.status_code == 404
    assert answer.json()["code"] == "transaction-not-found"


class Defective(SendMoney):
    """A type with a defect."""

    def recipient(self, fields: Any) -> Any:
        raise RuntimeError("the password is hunter2")


@pytest.mark.django_db
def test_a_defect_says_nothing_of_itself(integrator: Integrator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(transaction_types.ALL, "send_money", Defective())

    answer = integrator.pay()

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal-error"
    assert "hunter2" not in answer.content.decode()


@pytest.mark.django_db
def test_a_defect_is_told_to_those_who_listen_for_defects(
    integrator: Integrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(transaction_types.ALL, "send_money", Defective())
    integrator.http.raise_request_exception = True

    with pytest.raises(RuntimeError, match="hunter2"):
        integrator.pay()


def test_a_database_that_is_away_is_no_defect_and_says_when_to_come_back() -> None:
    answer = problem_response(OperationalError("connection to server at 10.0.0.1 failed"), {})

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert b"10.0.0.1" not in answer.content


def test_a_problem_carries_the_request_id() -> None:
    with structlog.contextvars.bound_contextvars(request_id="abc123"):
        answer = problem_response(domain.TransactionNotFound(), {})

    assert b'"request_id": "abc123"' in answer.content


@pytest.mark.django_db
def test_nobody_in_between_may_keep_an_answer(integrator: Integrator) -> None:
    assert integrator.pay().headers["Cache-Control"] == "no-store"
    assert integrator.get().headers["Cache-Control"] == "no-store"
