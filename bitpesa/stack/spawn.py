"""Starting other programs so that none of them outlives us."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bitpesa.stack.account import Account
from bitpesa.stack.errors import StackError

_PR_SET_PDEATHSIG = 1


def die_with_parent(signum: int) -> Callable[[], None] | None:
    """For `preexec_fn`: the kernel sends the child this signal when our main thread ends, even by SIGKILL.

    It runs after the change of user, which would clear it. Linux only; elsewhere `leftovers` ends what stayed behind.
    """
    if sys.platform != "linux":
        return None
    parent_pid, libc = os.getpid(), ctypes.CDLL(None)

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signum)
        if os.getppid() != parent_pid:  # the parent died before the request stood
            os.kill(os.getpid(), signal.SIGKILL)

    return arrange


def start(
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    environment: dict[str, str],
    account: Account | None = None,
    death_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own (a Ctrl-C is ours to hand on), its output appended to a log."""
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(death_signal),  # called from the main thread only
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


def run_helper(
    command: Sequence[str],
    *,
    environment: dict[str, str],
    cwd: Path = Path("/"),
    account: Account | None = None,
    text: str = "",
) -> str:
    """Run a short program to its end with `text` as its input, and give back what it printed.

    Raises StackError with the last thing it said if it fails.
    """
    done = subprocess.run(
        list(command),
        cwd=cwd,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGKILL),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode:
        last_words = " ".join((done.stderr or done.stdout).strip().splitlines()[-2:])
        raise StackError(f"`{' '.join(command)}` failed with exit code {done.returncode}: {last_words}")
    return done.stdout
