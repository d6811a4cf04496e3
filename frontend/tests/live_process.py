"""The live process as it is deployed: uvicorn in a process of its own, on a free port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

PROJECT = Path(__file__).resolve().parents[2]
_DIRECT = build_opener(ProxyHandler({}))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(*, public_url: str, **environment: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start it, wait until it answers, and stop it by its pid."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bitpesa.asgi:application", "--host", "127.0.0.1", "--port", str(port)]
    variables = {**os.environ, "PUBLIC_URL": public_url, **environment}
    process = subprocess.Popen(
        command, cwd=PROJECT, env=variables, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, process)
        yield url, process
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with _DIRECT.open(f"{url}/health/live", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the live process did not start")
