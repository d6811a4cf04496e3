"""Servers for one run of the tests: fast, apart from the demo's, and each concurrent run with its own."""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from bitpesa.stack import console, stack
from bitpesa.stack.environment import NOWHERE
from bitpesa.stack.errors import StackError, StateInUse
from bitpesa.stack.state import PROJECT, State

_GIVEN = ("DATABASE_URL", "REDIS_URL")
_SERVERS = (*_GIVEN, "PROMETHEUS_MULTIPROC_DIR")
_CONCURRENT_RUNS = 9
_WHOLE_SUITE = ("--numprocesses=auto", "--dist=loadgroup", "--quiet")


def start_servers() -> ExitStack:
    """Start the servers that the environment doesn't name, and name them there. Close the result to stop them.

    Everything else that tests need to know is in the test settings.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", stack.TEST_SETTINGS)
    ends = ExitStack()
    if not all(os.environ.get(name) for name in _GIVEN):
        running = _on_free_state(ends)
        os.environ.update({name: running.variables[name] for name in _SERVERS})
    return ends


def run_pytest(arguments: Sequence[str]) -> None:
    """Become pytest, on all cores unless told what to run. The plugin starts the servers, as for a plain `pytest`."""
    os.chdir(PROJECT)
    plugins = ["-p", "bitpesa.tests.plugin", "-p", "no:valkey"]
    command = [sys.executable, "-m", "pytest", *plugins, *(arguments or _WHOLE_SUITE)]
    os.execv(command[0], command)  # noqa: S606


def _on_free_state(ends: ExitStack) -> stack.Stack:
    for number in range(1, _CONCURRENT_RUNS + 1):
        state = State.default().within("test" if number == 1 else f"test-{number}")
        servers = stack.running(state, NOWHERE, settings=stack.TEST_SETTINGS, durable=False, say=console.complain)
        try:
            return ends.enter_context(servers)
        except StateInUse:
            continue
    raise StackError(f"{_CONCURRENT_RUNS} runs of the tests use {State.default().root} already.")
