"""The platform's own processes: their commands, and how one sees that they are ready."""

import sys
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from bitpesa.stack import environment, ports
from bitpesa.stack.environment import Addresses
from bitpesa.stack.processes import Program
from bitpesa.stack.state import PROJECT, State

_QUEUES = "payouts,invoices,messages,webhooks"
PYTHON = sys.executable
_DIRECT = build_opener(ProxyHandler({}))


def sandbox(state: State, addresses: Addresses, variables: dict[str, str]) -> Program:
    """The simulator: the platform needs it to start, it needs nothing."""
    return _program(
        "sandbox",
        f"bitpesa.sandbox --daraja-port {addresses.daraja_port} --lnd-port {addresses.lnd_port} "
        f"--admin-port {addresses.admin_port} --state",
        str(state.sandbox),
        variables=variables,
        is_ready=_answers_ok(addresses.admin_port, "/health"),
    )


def platform(state: State, addresses: Addresses, variables: dict[str, str]) -> list[Program]:
    """Everything that needs migrated tables. They don't need each other to start."""
    log = state.logs / "worker.log"
    return [
        _program(
            "web",
            f"gunicorn bitpesa.wsgi:application --bind {ports.LOOPBACK}:{addresses.web_port} "
            "--worker-class gthread --workers 2 --threads 8 --config bitpesa/gunicorn.py",
            variables=variables,
            is_ready=_answers_ok(addresses.web_port, "/health/live"),
        ),
        _program(
            "live",
            f"uvicorn bitpesa.asgi:application --host {ports.LOOPBACK} --port {addresses.live_port} --no-access-log",
            variables=variables,
            is_ready=lambda _pid: ports.answers(ports.LOOPBACK, addresses.live_port),
        ),
        _program(
            "worker",
            f"celery -A celery_app worker --loglevel INFO --concurrency 2 --queues {_QUEUES} "
            "--without-mingle --without-gossip",
            variables=variables,
            is_ready=lambda _pid: _says(log, " ready."),
        ),
        _program(
            "beat", "celery -A celery_app beat --schedule", str(state.root / "beat-schedule"), variables=variables
        ),
        Program("watcher", [PYTHON, "manage.py", "watch"], environment.inherited() | variables, PROJECT),
    ]


def _program(
    name: str,
    module: str,
    *last_arguments: str,
    variables: dict[str, str],
    is_ready: Callable[[int], bool] | None = None,
) -> Program:
    """A Python module run by this Python. Arguments that may hold spaces come last, one by one."""
    command = [PYTHON, "-m", *module.split(), *last_arguments]
    return Program(name, command, environment.inherited() | variables, PROJECT, is_ready)


def _answers_ok(port: int, path: str) -> Callable[[int], bool]:
    def is_ready(_pid: int) -> bool:
        try:
            with _DIRECT.open(f"http://{ports.LOOPBACK}:{port}{path}", timeout=5) as response:
                return bool(response.status == 200)
        except (URLError, OSError):
            return False

    return is_ready


def _says(log: Path, words: str) -> bool:
    return words in log.read_text(errors="replace")
