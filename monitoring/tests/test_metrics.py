"""What is counted when something happens, what is read at scrape, and both together from several processes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from monitoring.tests.conftest import database_url, run_python, samples, start_python
from transactions import signals
from transactions.models import RateSnapshot
from transactions.services import kill_switch
from transactions.tests.rows import place, transaction_row

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
Scrape = Callable[..., float]


def _move(to_status: str) -> None:
    signals.status_changed.send(sender=None, transaction_id=uuid4(), from_status="", to_status=to_status, at=AT)


def test_a_move_is_counted_by_the_status_it_leads_to(scrape: Scrape) -> None:
    before = scrape("bitpesa_status_changes_total", status="paid")

    _move("paid")

    assert scrape("bitpesa_status_changes_total", status="paid") == before + 1


def test_a_completion_is_timed_from_when_the_sats_were_held(scrape: Scrape) -> None:
    row = place(transaction_row(), paid_at=AT)
    before = scrape("bitpesa_paid_to_completed_seconds_sum")

    signals.status_changed.send(
        sender=None,
        transaction_id=row.id,
        from_status="settling",
        to_status="completed",
        at=AT + timedelta(seconds=7),
    )

    assert scrape("bitpesa_paid_to_completed_seconds_sum") == before + 7


def test_a_transaction_under_way_and_how_overdue_it_is_are_read_at_scrape(scrape: Scrape) -> None:
    place(transaction_row(), look_at=timezone.now() - timedelta(minutes=5))

    assert scrape("bitpesa_transactions", status="created") == 1
    assert 300 <= scrape("bitpesa_oldest_overdue_seconds") < 310


def test_a_provider_call_is_timed_by_what_was_asked_and_how_it_ended(scrape: Scrape) -> None:
    labels = {"provider": "mpesa", "operation": "submit", "outcome": "uncertain"}
    before = scrape("bitpesa_provider_call_seconds_sum", **labels)

    signals.provider_called.send(sender=None, seconds=1.5, **labels)

    assert scrape("bitpesa_provider_call_seconds_sum", **labels) == before + 1.5


def test_an_incident_is_counted_by_its_code(scrape: Scrape) -> None:
    before = scrape("bitpesa_incidents_total", code="answer_mismatch")

    signals.incident_opened.send(sender=None, what="answer_mismatch", transaction_id=None)

    assert scrape("bitpesa_incidents_total", code="answer_mismatch") == before + 1


def test_the_age_of_the_price_is_read_at_scrape(scrape: Scrape) -> None:
    assert scrape("bitpesa_rate_age_seconds") == float("inf")

    RateSnapshot.objects.create(kes_per_btc=1, source="x", fetched_at=timezone.now() - timedelta(minutes=5))

    assert 300 <= scrape("bitpesa_rate_age_seconds") < 310


def test_the_kill_switch_is_read_at_scrape(scrape: Scrape) -> None:
    assert scrape("bitpesa_kill_switch_engaged") == 0

    kill_switch.engage(reason="test", by="amina", at=AT)

    assert scrape("bitpesa_kill_switch_engaged") == 1


def test_a_breaker_is_in_exactly_one_state(scrape: Scrape) -> None:
    states = [
        scrape("bitpesa_breaker_state", provider="mpesa", state=state) for state in ("closed", "open", "half-open")
    ]

    assert sum(states) == 1


def test_requests_are_counted_too(client: Client) -> None:
    client.get("/health/live")

    assert "django_http_requests_latency_seconds_by_view_method" in client.get("/metrics").content.decode()


_COUNT = """
from transactions import signals
for _ in range({times}):
    signals.status_changed.send(sender=None, transaction_id=None, from_status="", to_status="paid", at=None)
"""
_SCRAPE = "from django.test import Client; print(Client().get('/metrics').content.decode())"


def test_two_processes_are_seen_together_and_the_gauges_with_them(tmp_path: Path) -> None:
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"), "DATABASE_URL": database_url()}
    counting = [start_python(_COUNT.format(times=times), shared) for times in (2, 3)]
    assert [process.communicate(timeout=60)[0] for process in counting] == ["", ""]

    page, _ = run_python(_SCRAPE, shared)

    seen = samples(page)
    assert seen["bitpesa_status_changes_total", (("status", "paid"),)] == 5
    assert seen["bitpesa_database_up", ()] == 1
    assert ("bitpesa_oldest_overdue_seconds", ()) in seen


def test_a_process_on_its_own_shows_its_counts_and_the_gauges() -> None:
    page, _ = run_python(_COUNT.format(times=2) + _SCRAPE, {"DATABASE_URL": database_url()})

    seen = samples(page)
    assert seen["bitpesa_status_changes_total", (("status", "paid"),)] == 2
    assert seen["bitpesa_database_up", ()] == 1


def test_without_a_database_the_counters_are_still_there() -> None:
    page, _ = run_python(_COUNT.format(times=1) + _SCRAPE, {"DATABASE_URL": "postgresql://bitpesa@127.0.0.1:1/bitpesa"})

    seen = samples(page)
    assert seen["bitpesa_status_changes_total", (("status", "paid"),)] >= 1
    assert seen["bitpesa_database_up", ()] == 0
    assert ("bitpesa_oldest_overdue_seconds", ()) not in seen
