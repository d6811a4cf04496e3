"""`./run manage …`: a manage.py command against the servers of the running stack, else against ones of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from bitpesa.stack import console, environment, interruption, spawn, stack
from bitpesa.stack.environment import DEFAULT_PORT, Addresses
from bitpesa.stack.errors import StateInUse
from bitpesa.stack.state import PROJECT, State


def run(arguments: Sequence[str]) -> int:
    """Run the command on this terminal and return its exit code."""
    state = State.default()
    command = [sys.executable, "manage.py", *arguments]
    while True:
        try:
            return _with_own_servers(state, command)
        except StateInUse:
            variables = state.borrow()
        if variables is not None:  # None: that stack has just stopped, so the servers can be ours
            os.chdir(PROJECT)
            os.execve(command[0], command, environment.inherited() | variables)  # noqa: S606


def _with_own_servers(state: State, command: Sequence[str]) -> int:
    interruption.listen()
    servers = stack.running(
        state,
        Addresses(DEFAULT_PORT),
        settings=stack.LOCAL_SETTINGS,
        durable=True,
        say=console.complain,
        waits_for_borrowers=True,
    )
    try:
        with servers as running:
            return _run_in_foreground(command, running.variables)
    except interruption.StopRequested:
        return 128 + signal.SIGINT


def _run_in_foreground(command: Sequence[str], variables: dict[str, str]) -> int:
    """The terminal's Ctrl-C reaches the command by itself; a SIGTERM sent to us is handed on."""
    with interruption.refused():
        process = subprocess.Popen(
            list(command),
            cwd=PROJECT,
            env=environment.inherited() | variables,
            preexec_fn=spawn.die_with_parent(signal.SIGTERM),
        )
        signal.signal(signal.SIGTERM, lambda _signum, _frame: process.terminate())
        code = process.wait()
    return code if code >= 0 else 128 - code
