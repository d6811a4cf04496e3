"""TCP ports on this machine: whether one is free, and which one a server had last time."""

import json
import socket
import time
from pathlib import Path

from bitpesa.stack.errors import StackError

LOOPBACK = "127.0.0.1"
_PATIENCE_SECONDS = 2.0


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a closed connection's wait is no obstacle
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return not answers(LOOPBACK, port)


def answers(host: str, port: int, *, timeout_seconds: float = 1.0) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=timeout_seconds).close()
    except OSError:
        return False
    return True


def require_free(ports: range) -> None:
    """Refuse to start where another program listens, having given one that is just ending two seconds.

    Raises StackError with the port's number: otherwise we would be talking to somebody else's server.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while taken := [port for port in ports if not is_free(port)]:
        if time.monotonic() > deadline:
            raise StackError(
                f"Port {taken[0]} is already in use by another program; choose another with --port "
                f"(it and the {len(ports) - 1} after it are used)."
            )
        time.sleep(0.1)


def choose(memory: Path, name: str) -> int:
    """The port this server had last time if it is free, else any free one, remembered in the file `memory`."""
    known: dict[str, int] = json.loads(memory.read_text()) if memory.exists() else {}
    if name in known and is_free(known[name]):
        return known[name]
    known[name] = _any_free()
    memory.write_text(json.dumps(known))
    return known[name]


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
