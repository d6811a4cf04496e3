"""One running stack: the lock on its state, its servers, and the environment for every program that uses them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bitpesa.stack import environment, leftovers, servers
from bitpesa.stack.console import Say
from bitpesa.stack.environment import Addresses
from bitpesa.stack.processes import Supervisor
from bitpesa.stack.secret_values import SecretValues
from bitpesa.stack.state import State

LOCAL_SETTINGS = "bitpesa.settings.local"
TEST_SETTINGS = "bitpesa.settings.test"


@dataclass(frozen=True, slots=True)
class Stack:
    """Servers that answer, and what one needs to use them."""

    state: State
    secrets: SecretValues
    supervisor: Supervisor
    addresses: Addresses
    variables: dict[str, str]


@contextmanager
def running(
    state: State, addresses: Addresses, *, settings: str, durable: bool, say: Say, waits_for_borrowers: bool = False
) -> Iterator[Stack]:
    """Start the servers, lend them out, and stop everything at the end, whatever happens between.

    Raises StateInUse if another stack holds the state, StackError if the servers don't start.
    """
    state.make_folders()
    with state.owned():
        leftovers.end(state)
        _empty_metrics(state)
        supervisor = Supervisor(state, say)
        try:
            secrets = state.secrets()
            urls = servers.start(state, secrets, supervisor, durable=durable)
            variables = environment.build(state, secrets, urls, addresses, settings=settings)
            state.publish(variables)
            yield Stack(state, secrets, supervisor, addresses, variables)
        finally:
            state.withdraw(wait=waits_for_borrowers)
            supervisor.stop()


def _empty_metrics(state: State) -> None:
    """Figures of processes that are gone would be counted again."""
    shutil.rmtree(state.metrics)
    state.metrics.mkdir(mode=0o700)
