"""Processes of a stack that was killed: awaited and ended before the next one starts.

On Linux they are ending by themselves already (`spawn.die_with_parent`); elsewhere this is what ends them.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from bitpesa.stack.state import State

_GRACE_SECONDS = 8.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def record(state: State, pids: list[int]) -> None:
    """Remember which processes are ours, with the mark that tells one from a later process of the same number."""
    marks = {str(pid): _mark(pid) for pid in pids}
    (state.root / "processes.json").write_text(json.dumps(marks))


def end(state: State) -> None:
    """Return when no process of an earlier stack on this state is left."""
    path = state.root / "processes.json"
    marks: dict[str, str] = json.loads(path.read_text() or "{}") if path.exists() else {}
    left = {int(pid): mark for pid, mark in marks.items() if mark}
    deadline = time.monotonic() + _GRACE_SECONDS
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        for pid in left:
            _signal_group(pid, left[pid], signum)
        while (left := _alive(left)) and time.monotonic() < deadline:
            time.sleep(0.02)
        deadline += _GRACE_SECONDS / 2
    path.unlink(missing_ok=True)


def _alive(marks: dict[int, str]) -> dict[int, str]:
    return {pid: mark for pid, mark in marks.items() if _mark(pid) == mark}


def _signal_group(pid: int, mark: str, signum: int) -> None:
    if _mark(pid) == mark:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signum)


def _mark(pid: int) -> str:
    """When the process began; empty if there is none. With its number, this names it and no other."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        return "" if fields[0] == "Z" else f"{_BOOT_ID.read_text().strip()}:{fields[19]}"
    listed = subprocess.run(["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip()
