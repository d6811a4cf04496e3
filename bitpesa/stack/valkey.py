"""The embedded Valkey (or Redis): cache, limits and broker. It refuses writes when full, and never evicts a task."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from bitpesa.stack import binaries, ports
from bitpesa.stack.processes import Program
from bitpesa.stack.secret_values import SecretValues, write_private
from bitpesa.stack.state import State


@dataclass(frozen=True, slots=True)
class Valkey:
    """One server. Its password is in a file and not on the command line, which everybody can read."""

    binary: Path
    folder: Path
    port: int
    password: str
    durable: bool

    @classmethod
    def place(cls, state: State, secrets: SecretValues, *, durable: bool) -> "Valkey":
        """Decide where program and data are."""
        port = ports.choose(state.root / "ports.json", "valkey")
        return cls(binaries.find_valkey(), state.root / "valkey", port, secrets.valkey_password, durable)

    @property
    def url(self) -> str:
        """How the platform connects."""
        return f"redis://:{self.password}@{ports.LOOPBACK}:{self.port}/0"

    def prepare(self) -> None:
        """Write its configuration anew."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        folder = str(self.folder).replace("\\", "\\\\").replace('"', '\\"')
        lines = (
            f"bind {ports.LOOPBACK}",
            f"port {self.port}",
            f'dir "{folder}"',
            f"requirepass {self.password}",
            f"appendonly {'yes' if self.durable else 'no'}",
            'save ""',
            "maxmemory-policy noeviction",
        )
        write_private(self.folder / "valkey.conf", "\n".join(lines) + "\n")

    def program(self) -> Program:
        """How to run the server."""
        return Program(
            name="valkey",
            command=[str(self.binary), str(self.folder / "valkey.conf")],
            environment={"PATH": os.environ.get("PATH", os.defpath)},
            cwd=self.folder,
            is_ready=self._is_ready,
        )

    def _is_ready(self, _pid: int) -> bool:
        try:
            with socket.create_connection((ports.LOOPBACK, self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as replies:
                    return replies.readline() == b"+OK\r\n" and replies.readline() == b"+PONG\r\n"
        except OSError:
            return False
