"""What is written down for people who run this is complete, and true."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from prometheus_client.metrics import MetricWrapperBase

from bitpesa.env import Env
from bitpesa.tests.architecture.processes import PROJECT
from monitoring import metrics
from monitoring.gauges import Gauges

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def _metrics() -> Iterator[tuple[str, str]]:
    """Every metric of ours: (name, help)."""
    declared = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    for family in [*(family for metric in declared for family in metric.describe()), *Gauges(at=AT).collect()]:
        yield family.name + ("_total" if family.type == "counter" else ""), family.documentation


def _first_column(path: str) -> set[str]:
    """The names in backticks that begin a row of a table."""
    return set(re.findall(r"^\| `([A-Za-z_]+)` \|", (PROJECT / path).read_text(), re.MULTILINE))


@pytest.mark.django_db
def test_every_metric_says_what_it_is_in_a_sentence() -> None:
    assert [name for name, said in _metrics() if not re.fullmatch(r"[A-Z][^\n]{10,}\.", said)] == []


@pytest.mark.django_db
def test_every_metric_is_documented_and_every_documented_metric_exists() -> None:
    assert {name for name, _ in _metrics()} == _first_column("docs/metrics.md")


@pytest.mark.django_db
def test_every_metric_is_ours_by_name_and_has_its_unit() -> None:
    for name, said in _metrics():
        assert name.startswith("bitpesa_")
        assert ("seconds" in said.lower().split()) == name.endswith("_seconds")


def test_every_setting_has_a_row_in_the_readme() -> None:
    assert {name.upper() for name in Env.model_fields} - _first_column("README.md") == set()
