"""A state folder of one's own, and a stack in a process of its own that can be killed."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bitpesa.stack.state import PROJECT, State

#: Starts the servers as `./run` does, says so, and stays.
STAYING = """
import sys
from pathlib import Path
from bitpesa.stack import interruption, stack
from bitpesa.stack.environment import NOWHERE
from bitpesa.stack.state import State

interruption.listen()
try:
    with stack.running(State(Path(sys.argv[1])), NOWHERE, settings="none", durable=False, say=print) as running:
        print(*[child.process.pid for child in running.supervisor.children], flush=True)
        running.supervisor.watch(60)
except interruption.StopRequested:
    print("stopped", flush=True)
"""


@pytest.fixture
def state() -> Iterator[State]:
    """Not below pytest's folders, which are closed to the database's user when the tests run as root."""
    with tempfile.TemporaryDirectory(prefix="bitpesa state with spaces ") as folder:
        Path(folder).chmod(0o711)
        made = State(Path(folder))
        made.make_folders()
        yield made


@pytest.fixture(autouse=True)
def _no_given_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


@contextmanager
def staying_stack(state: State) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", STAYING, str(state.root)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def read_pids(process: subprocess.Popen[str]) -> list[int]:
    assert process.stdout is not None
    return [int(pid) for pid in process.stdout.readline().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pids: list[int], *, seconds: float = 5) -> list[int]:
    deadline = time.monotonic() + seconds
    while (left := [pid for pid in pids if is_running(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def processes_naming(text: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if text in command and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found
