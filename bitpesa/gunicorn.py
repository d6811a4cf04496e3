"""How the web server runs, wherever it runs; addresses and counts come from its command line."""

import os
from pathlib import Path
from typing import Any

from prometheus_client import multiprocess

accesslog = None  # requests are logged by the application, with their request id
errorlog = "-"
graceful_timeout = 10
control_socket_disable = True  # one more way in that nothing here uses
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  heartbeats that no slow disk delays


def child_exit(_server: Any, worker: Any) -> None:
    """A worker has gone: its gauges no longer count."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
