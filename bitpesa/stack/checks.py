"""`./run check`: every linter, one line each, all of them even when one fails."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from bitpesa.stack import environment, stack
from bitpesa.stack.console import say
from bitpesa.stack.state import PROJECT

_CODE = "bitpesa transactions monitoring frontend celery_app.py manage.py"
CHECKS = {
    "ruff check": "ruff check .",
    "ruff format": "ruff format --check .",
    "mypy": f"mypy {_CODE}",
    "import-linter": "lint-imports",
    "djlint": "djlint --lint frontend transactions monitoring bitpesa",
    "deptry": "deptry .",
    "migrations": "python manage.py makemigrations --check --dry-run",
}


def run(checks: Mapping[str, str] = CHECKS) -> int:
    """Run all, show the output of those that fail, and return 1 if any did."""
    failed = [name for name, command in checks.items() if not _passes(name, command)]
    say(f"\n{len(failed)} of {len(checks)} failed: {', '.join(failed)}" if failed else f"\nAll {len(checks)} passed.")
    return 1 if failed else 0


def _passes(name: str, command: str) -> bool:
    """The tests' settings are complete without any server."""
    program, *arguments = command.split()
    started = time.monotonic()
    done = subprocess.run(
        [str(Path(sys.executable).with_name(program)), *arguments],
        cwd=PROJECT,
        env=environment.inherited() | {"DJANGO_SETTINGS_MODULE": stack.TEST_SETTINGS, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    verdict = "FAILED" if done.returncode else "ok"
    say(f"{name:<16}{verdict:<8}{time.monotonic() - started:5.1f} s")
    if done.returncode:
        say("".join(f"    {line}{os.linesep}" for line in done.stdout.strip().splitlines()).rstrip())
    return done.returncode == 0
