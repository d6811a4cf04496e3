"""What is said of each dependency when it works, and when nothing listens where it should be."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from monitoring.tests.conftest import database_url, run_python
from transactions.models import RateSnapshot
from transactions.tests.rows import transaction_row

NO_DATABASE = "postgresql://bitpesa:hunter2@127.0.0.1:1/bitpesa"
NO_REDIS = "redis://:hunter2@127.0.0.1:1/0"
_ASK = """
import json
from django.conf import settings
from django.test import Client
response = Client().get({path!r})
print(json.dumps([response.status_code, response.json()]))
"""


def _ask(path: str, **environment: str) -> tuple[int, dict[str, Any]]:
    output, _ = run_python(_ASK.format(path=path), environment)
    status, report = json.loads(output)
    return status, report


def _statuses(report: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["status"] for check in report["checks"]}


def _read_price(*, seconds_ago: int) -> None:
    at = timezone.now() - timedelta(seconds=seconds_ago)
    RateSnapshot.objects.create(kes_per_btc=13_000_000, source="x", fetched_at=at)


@pytest.mark.django_db
def test_all_is_well_with_servers_a_price_and_nothing_overdue(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", settings.REDIS_URL)
    _read_price(seconds_ago=1)

    response = client.get("/health")

    assert response.status_code == 200
    assert response.json()["status"] == "ok"
    assert set(_statuses(response.json()).values()) == {"ok"}


@pytest.mark.django_db
def test_a_stale_price_degrades_and_says_what_that_means(client: Client) -> None:
    _read_price(seconds_ago=settings.RATE_STALE_SECONDS + 1)

    report = client.get("/health").json()

    assert report["status"] == "degraded"
    assert _statuses(report)["rates"] == "failed"


@pytest.mark.django_db
def test_a_sweeper_that_is_behind_degrades(client: Client) -> None:
    transaction_row()

    report = client.get("/health").json()

    assert _statuses(report)["watcher"] == "failed"
    assert client.get("/health/ready").status_code == 200


def test_without_a_database_it_is_down_and_gets_no_requests() -> None:
    status, report = _ask("/health", DATABASE_URL=NO_DATABASE)
    assert (status, report["status"]) == (503, "down")
    assert _statuses(report) | {"redis": "ok", "broker": "ok"} == {
        "database": "failed",
        "redis": "ok",
        "broker": "ok",
        "rates": "unknown",
        "watcher": "unknown",
    }

    status, report = _ask("/health/ready", DATABASE_URL=NO_DATABASE)
    assert (status, report["status"]) == (503, "down")


@pytest.mark.django_db
def test_without_redis_it_is_degraded_and_still_serves() -> None:
    status, report = _ask("/health", DATABASE_URL=database_url(), REDIS_URL=NO_REDIS)
    assert (status, report["status"]) == (200, "degraded")
    assert _statuses(report)["redis"] == _statuses(report)["broker"] == "failed"
    assert max(check["latency_ms"] for check in report["checks"]) < 2_000

    status, report = _ask("/health/ready", DATABASE_URL=database_url(), REDIS_URL=NO_REDIS)
    assert (status, report["status"]) == (200, "degraded")


def test_a_process_is_alive_whatever_else_is_gone() -> None:
    status, report = _ask("/health/live", DATABASE_URL=NO_DATABASE, REDIS_URL=NO_REDIS, BITPESA_INSTANCE="demo-1")

    assert (status, report) == (200, {"status": "ok", "instance": "demo-1"})


def test_a_report_tells_nobody_an_address_or_a_password() -> None:
    _, report = _ask("/health", DATABASE_URL=NO_DATABASE, REDIS_URL=NO_REDIS)

    assert "127.0.0.1" not in json.dumps(report)
    assert "hunter2" not in json.dumps(report)
