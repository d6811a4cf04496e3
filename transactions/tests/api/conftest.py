"""An integrator with a key, as every test of the API needs one."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
from django.http import HttpResponse
from django.test import Client

from transactions.models import ApiClient
from transactions.tests.factories import ApiKeyFactory, RateSnapshotFactory

TRANSACTIONS = "/api/v1/transactions"
PAYMENT = {"type": "send_money", "amount_kes": 1500, "recipient": {"phone": "0712345678"}}


@dataclass
class Integrator:
    """A program that calls the API with its key."""

    client: ApiClient
    key: str
    http: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def get(self, path: str = TRANSACTIONS, **query: Any) -> HttpResponse:
        return self.http.get(path, query, headers={"Authorization": f"Bearer {self.key}"})

    def pay(self, payment: Any = None, *, key: str = "", **headers: str) -> HttpResponse:
        return self.post(json.dumps(PAYMENT if payment is None else payment), key=key, **headers)

    def post(
        self, body: str | bytes, *, key: str = "", content_type: str = "application/json", **headers: str
    ) -> HttpResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": key or secrets.token_hex(8), **named}
        return self.http.post(TRANSACTIONS, body, content_type=content_type, headers=sent)


def new_integrator() -> Integrator:
    text = f"bp_test_{secrets.token_hex(20)}"
    return Integrator(ApiKeyFactory(text=text).client, text)


@pytest.fixture(autouse=True)
def nobody_acts() -> None:
    """Forget who acted in the test before, as the server does from request to request."""
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def integrator(db: None) -> Integrator:
    """An integrator, at a time when there is a price."""
    RateSnapshotFactory()
    return new_integrator()
