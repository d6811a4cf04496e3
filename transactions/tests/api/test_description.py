"""The OpenAPI description is complete, and what the API really answers fits it."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from transactions.api import examples
from transactions.api.errors import KINDS
from transactions.models import Transaction
from transactions.services import kill_switch
from transactions.tests.api.conftest import PAYMENT, TRANSACTIONS, Integrator
from transactions.tests.factories import at_status

OPERATIONS = {
    (TRANSACTIONS, "post"),
    (TRANSACTIONS, "get"),
    (TRANSACTIONS + "/{transaction_id}", "get"),
    (TRANSACTIONS + "/{transaction_id}/events", "get"),
}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    """Return what anybody can read."""
    return json.loads(Client().get("/api/schema/").content)


def fits(description: dict[str, Any], shape: str, content: Any) -> None:
    """Hold content against a shape. Raises jsonschema.ValidationError."""
    schema = {"$ref": f"#/components/schemas/{shape}", "components": _closed(description["components"])}
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(content)


def _closed(components: dict[str, Any]) -> dict[str, Any]:
    """Refuse members that the description does not know."""
    schemas = {
        name: {**schema, "additionalProperties": False} if schema.get("type") == "object" else schema
        for name, schema in components["schemas"].items()
    }
    return {**components, "schemas": schemas}


def test_the_description_is_valid_and_has_no_gaps(tmp_path: Path) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "openapi.yaml"))


def test_every_operation_is_described_with_its_key_and_its_problems(description: dict[str, Any]) -> None:
    described = {(path, method) for path, item in description["paths"].items() for method in item}

    assert description["openapi"].startswith("3.1")
    assert described == OPERATIONS
    for path, method in OPERATIONS:
        operation = description["paths"][path][method]
        assert operation["security"] == [{"ApiKey": []}]
        assert {"401", "500", "503"} <= set(operation["responses"])
        problem = operation["responses"]["401"]["content"]["application/problem+json"]
        assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_the_headers_of_a_creation_are_described(description: dict[str, Any]) -> None:
    operation = description["paths"][TRANSACTIONS]["post"]
    parameters = {parameter["name"]: parameter for parameter in operation["parameters"]}

    assert parameters["Idempotency-Key"]["required"] is True
    assert parameters["Prefer"]["in"] == "header"
    assert {"Location", "Preference-Applied"} <= set(operation["responses"]["201"]["headers"])
    assert {"Location", "Idempotency-Replayed"} <= set(operation["responses"]["202"]["headers"])
    assert "Retry-After" in operation["responses"]["503"]["headers"]


@pytest.mark.django_db
@pytest.mark.parametrize("status", Transaction.Status.values)
def test_a_transaction_in_any_status_fits_its_description(
    integrator: Integrator, description: dict[str, Any], status: str
) -> None:
    row = at_status(status, client=integrator.client)

    fits(description, "Transaction", integrator.get(f"{TRANSACTIONS}/{row.id}").json())
    fits(description, "TransactionPage", integrator.get().json())
    fits(description, "Events", integrator.get(f"{TRANSACTIONS}/{row.id}/events").json())


@pytest.mark.django_db
def test_creations_and_refusals_fit_their_descriptions(integrator: Integrator, description: dict[str, Any]) -> None:
    fits(description, "Payment", PAYMENT)
    fits(description, "Transaction", integrator.pay().json())
    fits(description, "Problem", integrator.pay({}).json())
    fits(description, "Problem", integrator.pay(Idempotency_Key="").json())
    fits(description, "Problem", integrator.get(limit=0).json())
    kill_switch.engage(reason="drill", by="operator:alice", at=timezone.now())
    fits(description, "Problem", integrator.pay().json())


def test_examples_fit_their_descriptions(description: dict[str, Any]) -> None:
    fits(description, "Payment", examples.REQUEST)
    fits(description, "Transaction", examples.ACCEPTED)
    fits(description, "Transaction", examples.WITH_INVOICE)
    fits(description, "Events", {"results": examples.EVENTS})
    for code in KINDS:
        fits(description, "Problem", examples.problem(code))


def test_the_documentation_comes_from_our_own_server_only() -> None:
    page = Client().get("/api/docs/")

    assert page.status_code == 200
    assert "https://" not in page.content.decode()
    assert "worker-src 'self' blob:" in page.headers["Content-Security-Policy"]
    assert "unsafe-eval" not in page.headers["Content-Security-Policy"]
