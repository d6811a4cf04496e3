"""The whole product as `./run demo` starts it, and each of its processes killed while payments are on their way.

Four payments stand at four points: just asked for, invoice shown, sats just held, waiting for M-Pesa. Then one process
is killed; its supervisor starts it again. Each payment ends completed, paid once by the sandbox's own books.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bitpesa.sandbox.client import SandboxAdmin
from bitpesa.stack.state import PROJECT, State
from bitpesa.tests.sandbox_process import free_ports

START_SECONDS, END_SECONDS = 120, 60
#: what a request may lose to a Redis that does not answer: a time-out each for the task and the live page
HUNG_REDIS_SECONDS = 2.5
ENDED = {"completed", "refunded", "failed", "expired", "cancelled", "under_review"}
#: how each process is known among the supervisor's children
MARKS = {
    "web": "bitpesa.wsgi",
    "worker": "celery_app worker",
    "beat": "celery_app beat",
    "watcher": "manage.py watch",
    "redis": "valkey-server",
}

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("demo")]


class Demo:
    """A running `demo`, its public API and its sandbox."""

    def __init__(self, process: subprocess.Popen[str], state: State, port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.sandbox = SandboxAdmin(f"http://127.0.0.1:{port + 4}")
        key = json.loads((state.root / "secrets.json").read_text())["api_key"]
        self._http = httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, trust_env=False)
        self._phones = iter(range(708_000_001, 709_000_000))

    def create(self, *, is_invoice_awaited: bool = True) -> dict[str, Any]:
        """Ask for a payment to a phone of its own."""
        phone = f"254{next(self._phones)}"
        answer = self._http.post(
            "/api/v1/transactions",
            json={"type": "send_money", "amount_kes": 100, "recipient": {"phone": phone}},
            headers={"Idempotency-Key": str(uuid.uuid4())} | ({"Prefer": "wait=5"} if is_invoice_awaited else {}),
        ).raise_for_status()
        return {**answer.json(), "phone": phone}

    def await_status(self, made: dict[str, Any], done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read a payment until it is as wished; a web process that is away is asked again."""
        give_up_at, last = time.monotonic() + END_SECONDS, made
        while time.monotonic() < give_up_at:
            try:
                answer = self._http.get(f"/api/v1/transactions/{made['id']}")
            except httpx2.TransportError:
                time.sleep(0.2)
                continue
            if answer.status_code == 200:
                last = {**answer.json(), "phone": made["phone"]}
                if done(last):
                    return last
            time.sleep(0.1)
        raise AssertionError(f"{last['reference']} is still {last['status']}")

    def pay(self, made: dict[str, Any]) -> None:
        self.sandbox.pay(made["invoice"]["bolt11"])

    def child(self, name: str) -> int | None:
        """The process id of one of the supervisor's children."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in children:
            if MARKS[name] in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "):
                return int(pid)
        return None

    def kill(self, name: str) -> None:
        pid = self.child(name)
        assert pid, f"{name} is not running"
        os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        self._http.close()
        self.sandbox.close()

    def paid(self, made: dict[str, Any]) -> int:
        return int(self.sandbox.payouts(msisdn=made["phone"])["paid"])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = Path(f"/tmp/bitpesa-kills-{os.getpid()}")  # noqa: S108  below pytest's own, the database's user cannot go
    state = State(folder)
    port = free_ports(1, beside=4)[0]
    given = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    given |= {"BITPESA_STATE": str(folder)}
    given.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-m", "bitpesa.stack", "demo", "--port", str(port)]
    process = subprocess.Popen(command, cwd=PROJECT, env=given, stdout=subprocess.PIPE, text=True)
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        _await_ready(process, said)
        running = Demo(process, state, port)
        yield running
        running.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        reader.join()
        assert process.stdout
        process.stdout.close()
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def _await_ready(process: subprocess.Popen[str], said: list[str]) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while not any("Everything stays up" in line for line in said):
        assert process.poll() is None, "".join(said)
        assert time.monotonic() < give_up_at, "".join(said)
        time.sleep(0.2)


def _four_payments(demo: Demo) -> dict[str, dict[str, Any]]:
    """Bring four payments to four points; returns them by where they stand."""
    demo.sandbox.fault("b2c_result", "late", 1, 3)
    waiting = demo.create()
    demo.pay(waiting)
    demo.await_status(waiting, lambda now: now["status"] == "payout_pending")
    shown, held = demo.create(), demo.create()
    asked = demo.create(is_invoice_awaited=False)
    demo.pay(held)
    return {"waiting for M-Pesa": waiting, "invoice shown": shown, "sats just held": held, "just asked for": asked}


def _assert_each_is_paid_once(demo: Demo, payments: dict[str, dict[str, Any]]) -> None:
    demo.pay(payments["invoice shown"])
    asked = demo.await_status(payments["just asked for"], lambda now: bool(now["invoice"]))
    demo.pay(asked)
    ends = {at: demo.await_status(made, lambda now: now["status"] in ENDED) for at, made in payments.items()}
    assert {at: (end["status"], demo.paid(end)) for at, end in ends.items()} == dict.fromkeys(ends, ("completed", 1))


@pytest.mark.parametrize("name", MARKS)
def test_killed_at_any_point_and_started_again(demo: Demo, name: str) -> None:
    payments = _four_payments(demo)

    demo.kill(name)

    _assert_each_is_paid_once(demo, payments)


def test_redis_gone_from_paid_to_the_end(demo: Demo) -> None:
    payments = _four_payments(demo)
    is_over = threading.Event()

    def keep_killing() -> None:
        while not is_over.wait(0.05):
            if pid := demo.child("redis"):
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=keep_killing)
    killer.start()
    try:
        _assert_each_is_paid_once(demo, payments)
    finally:
        is_over.set()
        killer.join()


def test_redis_hung_from_paid_to_the_end(demo: Demo) -> None:
    while not (pid := demo.child("redis")):
        time.sleep(0.2)
    payments = _four_payments(demo)
    os.kill(pid, signal.SIGSTOP)
    try:
        asked_at = time.monotonic()
        demo.create(is_invoice_awaited=False)
        assert time.monotonic() - asked_at < HUNG_REDIS_SECONDS
        _assert_each_is_paid_once(demo, payments)
    finally:
        os.kill(pid, signal.SIGCONT)
