"""Logs as they are written, metrics as they are scraped, and processes apart from this one."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from monitoring.logs import JsonFormatter

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """Everything that is logged from here on, as it is written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield stream.getvalue
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def records(logged: Callable[[], str]) -> Callable[[], list[dict[str, Any]]]:
    """The same, read back: each line is one JSON object."""
    return lambda: [json.loads(line) for line in logged().splitlines()]


def samples(page: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read a page of metrics: (name, labels) → value."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


@pytest.fixture
def scrape(client: Client) -> Callable[..., float]:
    """Ask /metrics for one value; 0 if there is no such sample."""

    def value(name: str, **labels: str) -> float:
        return samples(client.get("/metrics").content.decode()).get((name, tuple(sorted(labels.items()))), 0.0)

    return value


def database_url() -> str:
    """Where the test database is, for another process."""
    parts = connection.settings_dict
    user = f"{parts['USER']}:{quote(parts['PASSWORD'])}" if parts["PASSWORD"] else parts["USER"]
    return f"postgresql://{user}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"


_INHERITED = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}


def start_python(script: str, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Run a script in a process of its own, with Django set up."""
    return subprocess.Popen(
        [sys.executable, "-c", f"import django; django.setup()\n{script}"],
        cwd=PROJECT,
        env={**_INHERITED, "DJANGO_SETTINGS_MODULE": "bitpesa.settings.test", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_python(script: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """Run a script to its end, which must be a good one: (standard output, standard error)."""
    process = start_python(script, environment)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output, errors
