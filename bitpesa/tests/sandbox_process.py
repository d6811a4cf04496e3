"""The sandbox as a process of its own, for tests that speak to it over HTTP.

`with SandboxProcess(state_path) as sandbox:` starts it on free loopback ports, waits until it answers, and stops it by
its process id. A second start on the same state path finds what the first one remembered.
"""

import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

from bitpesa.sandbox.client import SandboxAdmin

PROJECT = Path(__file__).resolve().parents[2]
READY_WITHIN_SECONDS = 30.0
STOPPED_WITHIN_SECONDS = 10.0
POLL_SECONDS = 0.05
HOST = "127.0.0.1"


class SandboxProcess:
    """One running sandbox: its addresses, its state directory and its admin client."""

    def __init__(self, state_path: Path, *, payout_seconds: float = 1.0) -> None:
        self.state_path = state_path
        self._payout_seconds = payout_seconds
        self._daraja_port, self._lnd_port, self._admin_port = free_ports(3)
        self.daraja_url = f"http://{HOST}:{self._daraja_port}"
        self.lnd_url = f"https://{HOST}:{self._lnd_port}"
        self.admin_url = f"http://{HOST}:{self._admin_port}"
        self.admin = SandboxAdmin(self.admin_url)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def certificate_path(self) -> str:
        """The authority to trust when speaking to its Lightning node."""
        return str(self.state_path / "lnd.crt")

    @property
    def macaroon_hex(self) -> str:
        return (self.state_path / "lnd.macaroon").read_bytes().hex()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.admin.close()

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError if it ends instead, or takes too long."""
        self.state_path.mkdir(parents=True, exist_ok=True)
        with (self.state_path / "sandbox.log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), cwd=PROJECT, stdout=log, stderr=log)
        give_up_at = time.monotonic() + READY_WITHIN_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                self.stop()
                raise RuntimeError(f"the sandbox did not start: see {self.state_path / 'sandbox.log'}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOPPED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _command(self) -> list[str]:
        ports = {"daraja": self._daraja_port, "lnd": self._lnd_port, "admin": self._admin_port}
        options = [f"--{name}-port={port}" for name, port in ports.items()]
        options += [f"--state={self.state_path}", f"--payout-seconds={self._payout_seconds}"]
        return [sys.executable, "-m", "bitpesa.sandbox", *options]

    def _is_ready(self) -> bool:
        """Ask the admin port, which is opened last."""
        try:
            self.admin.health()
        except httpx2.TransportError:
            return False
        return True


def free_ports(count: int, *, beside: int = 0) -> list[int]:
    """Find free ports; with `beside`, such that as many after each are free as well."""
    while True:
        sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
        found = [int(each.getsockname()[1]) for each in sockets]
        for each in sockets:
            each.close()
        if all(_is_free(port + offset) for port in found for offset in range(1, beside + 1)):
            return found


def _is_free(port: int) -> bool:
    with socket.socket() as each:
        return port < 65_536 and each.connect_ex((HOST, port)) != 0
