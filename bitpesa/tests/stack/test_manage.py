"""`./run manage` around a manage.py that runs the code it is given."""

import fcntl
import os
import pty
import shutil
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from bitpesa.stack.state import PROJECT, State
from bitpesa.tests.stack.conftest import processes_naming, read_pids, staying_stack, wait_until_gone

CONNECT = "import os, psycopg; psycopg.connect(os.environ['DATABASE_URL']).close(); "


@pytest.fixture
def project(tmp_path, state, monkeypatch):
    shutil.copytree(PROJECT / "bitpesa" / "stack", tmp_path / "bitpesa" / "stack")
    (tmp_path / "bitpesa" / "__init__.py").touch()
    (tmp_path / "manage.py").write_text("import sys\nexec(sys.argv[1])\n")
    monkeypatch.setenv("BITPESA_STATE", str(state.root))
    return tmp_path


def command(code: str) -> list[str]:
    return [sys.executable, "-m", "bitpesa.stack", "manage", code]


def manage(project: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(code), cwd=project, capture_output=True, text=True, timeout=60)


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert path.exists()


def test_servers_are_started_for_the_command_and_stopped_after_it(project, state):
    done = manage(project, CONNECT + "print(os.environ['DJANGO_SETTINGS_MODULE'])")

    assert done.stdout == "bitpesa.settings.local\n"
    assert done.returncode == 0
    assert processes_naming(str(state.root)) == []


def test_the_commands_exit_code_and_words_are_handed_on(project):
    done = manage(project, "sys.exit('no such thing')")

    assert (done.returncode, done.stderr) == (1, "no such thing\n")


def test_a_running_stacks_servers_are_used_and_left_running(project, state: State):
    with staying_stack(state) as stack:
        pids = read_pids(stack)

        done = manage(project, CONNECT + "print('connected')")

        assert done.stdout == "connected\n"
        assert wait_until_gone(pids, seconds=0.2) == pids


def test_servers_stay_until_the_last_command_that_uses_them_has_ended(project, tmp_path):
    first_runs, second_runs = tmp_path / "first", tmp_path / "second"
    touch = "import pathlib, time; pathlib.Path({!r}).touch(); "
    with subprocess.Popen(command(touch.format(str(first_runs)) + "time.sleep(1)"), cwd=project) as first:
        wait_for(first_runs)
        slow = touch.format(str(second_runs)) + "time.sleep(2); " + CONNECT + "print('connected')"
        second = manage(project, slow)

        assert second_runs.exists()
        assert second.stdout == "connected\n"
        assert first.wait(10) == 0


def test_a_killed_supervisor_takes_command_and_servers_along(project, state, tmp_path):
    flag = tmp_path / "runs"
    code = f"import pathlib, time; pathlib.Path({str(flag)!r}).touch(); time.sleep(60)"
    with subprocess.Popen(command(code), cwd=project) as supervisor:
        wait_for(flag)
        pids = processes_naming(str(flag)) + processes_naming(str(state.root))
        supervisor.kill()

    assert len(pids) >= 3
    assert wait_until_gone(pids) == []


def test_a_sigterm_ends_the_command_and_the_servers(project, state, tmp_path):
    flag = tmp_path / "runs"
    code = f"import pathlib, time; pathlib.Path({str(flag)!r}).touch(); time.sleep(60)"
    with subprocess.Popen(command(code), cwd=project) as supervisor:
        wait_for(flag)
        supervisor.send_signal(signal.SIGTERM)

        assert supervisor.wait(20) == 128 + signal.SIGTERM
    assert processes_naming(str(state.root)) == []


def test_ctrl_c_on_a_terminal_is_the_commands_own(project, tmp_path):
    flag = tmp_path / "runs"
    code = (
        "import pathlib, time, sys\n"
        "assert sys.stdin.isatty()\n"
        "try:\n"
        f"    pathlib.Path({str(flag)!r}).touch(); time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(5)\n"
    )
    controller, terminal = pty.openpty()
    supervisor = subprocess.Popen(
        command(code),
        cwd=project,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    wait_for(flag)
    os.write(controller, b"\x03")

    assert supervisor.wait(20) == 5
    os.close(controller)
    os.close(terminal)
