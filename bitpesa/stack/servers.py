"""PostgreSQL and Valkey: the embedded ones, or those that DATABASE_URL and REDIS_URL name."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from bitpesa.stack import ports
from bitpesa.stack.errors import StackError
from bitpesa.stack.postgres import Postgres
from bitpesa.stack.processes import Supervisor
from bitpesa.stack.secret_values import SecretValues
from bitpesa.stack.state import State
from bitpesa.stack.valkey import Valkey

_DEFAULT_PORTS = {"DATABASE_URL": 5432, "REDIS_URL": 6379}


def start(
    state: State, secrets: SecretValues, supervisor: Supervisor, *, durable: bool, given: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Start what isn't given, and return DATABASE_URL and REDIS_URL once both servers answer.

    Raises StackError if a given server doesn't answer, or ours don't start.
    """
    urls = {name: given[name] for name in _DEFAULT_PORTS if given.get(name)}
    for name, url in urls.items():
        _require_answer(name, url)
    embedded: dict[str, Postgres | Valkey] = {}
    if "DATABASE_URL" not in urls:
        embedded["DATABASE_URL"] = Postgres.place(state, secrets, durable=durable)
    if "REDIS_URL" not in urls:
        embedded["REDIS_URL"] = Valkey.place(state, secrets, durable=durable)
    for server in embedded.values():
        server.prepare()
    supervisor.start([server.program() for server in embedded.values()])
    return urls | {name: server.url for name, server in embedded.items()}


def _require_answer(name: str, url: str) -> None:
    """Name the variable and the address, never the whole URL: there is a password in it."""
    address = urlsplit(url)
    port = address.port or _DEFAULT_PORTS[name]
    if address.hostname and not ports.answers(address.hostname, port, timeout_seconds=5):
        raise StackError(f"{name} names {address.hostname}:{port}, where nothing answers.")
