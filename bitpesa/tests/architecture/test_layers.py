"""Who may import whom: each rule, broken on purpose in a copy of the project, is named by the linter."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
PACKAGES = ("bitpesa", "transactions", "monitoring", "frontend")
LINTER = Path(sys.executable).with_name("lint-imports")

DIRECTION = "The apps stand on each other in one direction"
PROJECT_PLACES = "Every module of the project has its place"
DOMAIN_PLACES = "Every module of the domain has its place"
FRONT_DOOR = "Pages and watchers use the front door"
PURE = "Adapters, money, phones and types run without settings and without a database"
COUNTS = "The domain does not count: nothing in it knows Prometheus"

VIOLATIONS = [
    ("frontend/pages/base.py", "from transactions import models", FRONT_DOOR),
    ("frontend/access.py", "from transactions.lifecycle import advance", FRONT_DOOR),
    ("frontend/access.py", "from transactions import tasks", FRONT_DOOR),
    ("monitoring/health.py", "from transactions.providers import registry", FRONT_DOOR),
    ("monitoring/gauges.py", "from frontend import words", DIRECTION),
    ("transactions/services/payouts.py", "from monitoring import metrics", DIRECTION),
    ("transactions/lifecycle.py", "from prometheus_client import Counter", COUNTS),
    ("bitpesa/infrastructure/resilience.py", "from transactions import money", DIRECTION),
    ("transactions/services/payouts.py", "from transactions import tasks", DOMAIN_PLACES),
    ("transactions/selectors.py", "from transactions.services import quotes", DOMAIN_PLACES),
    ("transactions/lifecycle.py", "from transactions import selectors", DOMAIN_PLACES),
    ("transactions/models/quote.py", "from transactions.providers import registry", DOMAIN_PLACES),
    ("transactions/money.py", "from transactions import models", DOMAIN_PLACES),
    ("transactions/callbacks/views.py", "from transactions import tasks", DOMAIN_PLACES),
    ("transactions/undeclared.py", "", DOMAIN_PLACES),
    ("bitpesa/undeclared.py", "", PROJECT_PLACES),
    ("transactions/providers/payout/undeclared.py", "", "Payout providers do not know each other"),
    ("transactions/providers/payout/mpesa/client.py", "from django.conf import settings", PURE),
    ("transactions/providers/lightning/lnd.py", "from transactions import models", PURE),
    ("transactions/providers/rates/coinbase.py", "import celery", PURE),
    ("transactions/transaction_types/send_money.py", "from transactions import vault", PURE),
    (
        "transactions/providers/payout/mpesa/client.py",
        "from transactions.providers.payout import fake",
        "Payout providers do not know each other",
    ),
    (
        "transactions/providers/lightning/fake.py",
        "from transactions.providers.lightning import lnd",
        "Lightning backends do not know each other",
    ),
    (
        "transactions/providers/rates/coinbase.py",
        "from transactions.providers.lightning import bolt11",
        "Providers: the registry knows the adapters, they do not know each other",
    ),
    (
        "bitpesa/sandbox/daraja.py",
        "from transactions import money",
        "The sandbox and the stack know nothing of the platform",
    ),
    (
        "transactions/services/quotes.py",
        "from bitpesa.sandbox import rates",
        "The platform knows nothing of the sandbox and the stack",
    ),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's modules, without their tests. The linter keeps what it read of them from one case to the next."""
    root = tmp_path_factory.mktemp("project")
    shutil.copy(PROJECT / "pyproject.toml", root)
    ignored = shutil.ignore_patterns("tests", "__pycache__", "static", "templates", "samples")
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, root / package, ignore=ignored)
    return root


@contextmanager
def _with_line(path: Path, line: str) -> Iterator[None]:
    """Add a line to a module for a while; without one, make a new module."""
    assert path.exists() == bool(line), "the case no longer fits the tree"
    before = path.read_text() if line else ""
    path.write_text(f"{before}\n{line}\n")
    yield
    if line:
        path.write_text(before)
    else:
        path.unlink()


def _lint(root: Path) -> tuple[int, str]:
    done = subprocess.run(
        [LINTER],
        cwd=root,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


def test_the_project_keeps_every_rule(copy: Path) -> None:
    code, said = _lint(copy)

    assert code == 0, said


@pytest.mark.parametrize(("path", "line", "contract"), VIOLATIONS)
def test_a_rule_that_is_broken_is_named(copy: Path, path: str, line: str, contract: str) -> None:
    with _with_line(copy / path, line):
        code, said = _lint(copy)

    assert code == 1
    assert contract in said.partition("Broken contracts")[2]
