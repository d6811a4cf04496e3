"""The supervisor with small real programs."""

import os
import sys
import time
from pathlib import Path

import pytest

from bitpesa.stack.errors import StackError
from bitpesa.stack.processes import Program, Supervisor
from bitpesa.tests.stack.conftest import is_running, wait_until_gone


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(state, said):
    made = Supervisor(state, said.append, grace_seconds=0.5)
    yield made
    made.stop()


def program(name: str, code: str, **options) -> Program:
    return Program(name, [sys.executable, "-c", code], dict(os.environ), Path("/"), **options)


SLEEP = "import time; time.sleep(60)"


def test_a_start_waits_until_the_program_is_ready(supervisor, tmp_path):
    flag = tmp_path / "ready"
    slow = program(
        "slow",
        f"import time, pathlib; time.sleep(0.3); pathlib.Path({str(flag)!r}).touch(); time.sleep(60)",
        is_ready=lambda _pid: flag.exists(),
    )

    supervisor.start([slow])

    assert flag.exists()


def test_a_program_that_ends_before_it_is_ready_stops_the_start_with_its_last_words(supervisor):
    broken = program("broken", "raise SystemExit('no such setting')", is_ready=lambda _pid: False)

    with pytest.raises(StackError, match=r"broken ended by itself with exit code 1 .*broken\.log.*no such setting"):
        supervisor.start([broken])


def test_a_program_that_dies_is_started_again_and_the_user_is_told(supervisor, said):
    supervisor.start([program("fragile", SLEEP)])
    first = supervisor.children[0].process.pid
    os.kill(first, 9)

    supervisor.watch(1.6)

    assert is_running(supervisor.children[0].process.pid)
    assert supervisor.children[0].process.pid != first
    assert said[0].startswith("fragile was ended by SIGKILL")
    assert said[1] == "fragile was started again."


def test_a_program_that_keeps_dying_is_given_longer_pauses(supervisor, said):
    supervisor.start([program("hopeless", "raise SystemExit(3)")])

    supervisor.watch(2)

    pauses = [line.rsplit(" in ", 1)[1] for line in said if "starting it again" in line]
    assert pauses == ["1 s.", "2 s."]


def test_programs_stop_last_started_first(supervisor, tmp_path):
    order = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        f"    open({str(order)!r}, 'a').write('{{name}} '); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    for name in ("first", "second"):
        log = supervisor.state.logs / f"{name}.log"
        supervisor.start([program(name, code.format(name=name), is_ready=lambda _pid, log=log: bool(log.read_text()))])

    supervisor.stop()

    assert order.read_text() == "second first "


def test_a_program_that_ignores_its_signal_is_killed_with_all_it_started(supervisor, tmp_path):
    note = tmp_path / "grandchild"
    code = (
        "import pathlib, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
        "time.sleep(60)"
    )
    supervisor.start([program("stubborn", code, is_ready=lambda _pid: note.exists() and bool(note.read_text()))])
    pids = [supervisor.children[0].process.pid, int(note.read_text())]

    began = time.monotonic()
    supervisor.stop()

    assert wait_until_gone(pids, seconds=1) == []
    assert time.monotonic() - began < 3
