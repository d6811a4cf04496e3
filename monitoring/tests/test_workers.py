"""A real worker: it logs as the web does, under the id of the request that sent the task, and its counts are seen."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.conf import settings
from kombu import Connection
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from structlog.contextvars import bound_contextvars

from monitoring.tests.conftest import PROJECT

READY_WITHIN_SECONDS = 60


@pytest.fixture
def queue() -> str:
    return f"test-{uuid4().hex}"


@pytest.fixture
def worker_log(tmp_path: Path, queue: str) -> Iterator[Path]:
    """The log of a running worker that takes tasks from a queue of its own and counts into `metrics`."""
    path = tmp_path / "worker.log"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bitpesa.settings.test",
        "CELERY_BROKER_URL": settings.REDIS_URL,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"),
    }
    command = "celery -A celery_app worker --loglevel INFO --concurrency 1 --without-mingle --without-gossip --queues"
    with path.open("w") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", *command.split(), queue],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        yield path
        worker.terminate()
        worker.wait(30)


def _wait_for(path: Path, event: str) -> dict[str, Any]:
    """Wait until the log has such a record; every line of it must be JSON."""
    give_up_at = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < give_up_at:
        whole_lines = path.read_text().rpartition("\n")[0].splitlines()
        for record in map(json.loads, whole_lines):
            if event in record["event"]:
                return record
        time.sleep(0.1)
    raise AssertionError(f"no {event!r} in:\n{path.read_text()}")


def test_a_task_logs_under_the_id_of_its_request_and_counts_for_all(
    tmp_path: Path, queue: str, worker_log: Path
) -> None:
    _wait_for(worker_log, " ready.")

    with bound_contextvars(request_id="checkout-1234"), Connection(settings.REDIS_URL) as link:
        sent = current_app.send_task("transactions.refresh_rates", queue=queue, connection=link)

    record = _wait_for(worker_log, "rate_unread")
    assert record["request_id"] == "checkout-1234"
    assert (record["task"], record["task_id"]) == ("transactions.refresh_rates", sent.id)
    counted = CollectorRegistry()
    MultiProcessCollector(counted, path=str(tmp_path / "metrics"))
    labels = {"provider": "coinbase", "operation": "rate", "outcome": "not_sent"}
    assert counted.get_sample_value("bitpesa_provider_call_seconds_count", labels) == 1
