"""The supervisor: starts programs in order, waits until they are ready, restarts what dies, stops all in order.

It lives in the main thread alone: a child dies with the thread that started it.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bitpesa.stack import interruption, leftovers, spawn
from bitpesa.stack.account import Account
from bitpesa.stack.console import Say
from bitpesa.stack.errors import StackError
from bitpesa.stack.state import State

_READY_SECONDS = 60.0
_LONGEST_DELAY_SECONDS = 30.0
_HEALTHY_AFTER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how one sees that it is ready (asked with its process id; None: as soon as it runs)."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    cwd: Path
    is_ready: Callable[[int], bool] | None = None
    stop_signal: int = signal.SIGTERM
    account: Account | None = None


@dataclass(slots=True)
class Child:
    """A program that was started, and what happened to it since."""

    program: Program
    process: subprocess.Popen[bytes]
    started_at: float
    failures: int = 0
    restart_at: float | None = None

    @property
    def is_ready(self) -> bool:
        """Whether others may use it."""
        return self.program.is_ready is None or self.program.is_ready(self.process.pid)


@dataclass(slots=True)
class Supervisor:
    """All children of one stack, in the waves in which they were started."""

    state: State
    say: Say
    grace_seconds: float = 10.0
    _waves: list[list[Child]] = field(default_factory=list)

    @property
    def children(self) -> list[Child]:
        """All of them, in the order in which they were started."""
        return [child for wave in self._waves for child in wave]

    def start(self, programs: Iterable[Program]) -> None:
        """Start programs that don't need each other, and return when all are ready.

        Raises StackError, with where to read why, if one ends or isn't ready in time.
        """
        wave: list[Child] = []
        self._waves.append(wave)
        for program in programs:
            self._rotate_log(program)
            with interruption.held():
                wave.append(Child(program, self._spawn(program), time.monotonic()))
                self._record()
        for child in wave:
            self._await_ready(child)

    def watch(self, seconds: float) -> None:
        """Wait, and meanwhile start again what died: the pause between two attempts doubles."""
        deadline = time.monotonic() + seconds
        while True:
            for child in self.children:
                self._revive(child)
            left_seconds = deadline - time.monotonic()
            if left_seconds <= 0:
                return
            time.sleep(min(left_seconds, 0.2))

    def stop(self) -> None:
        """End everything, last started first; what doesn't end in time is killed with all it started."""
        with interruption.refused():
            while self._waves:
                self._stop_wave(self._waves.pop())
            self._record()

    def log(self, program: Program) -> Path:
        """Where a program's output goes."""
        return self.state.logs / f"{program.name}.log"

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        return spawn.start(
            program.command,
            log=self.log(program),
            cwd=program.cwd,
            environment=dict(program.environment),
            account=program.account,
            death_signal=program.stop_signal,
        )

    def _await_ready(self, child: Child) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not child.is_ready:
            if child.process.poll() is not None:
                raise StackError(f"{self._describe_end(child)}: {self._last_line(child.program)}")
            if time.monotonic() > deadline:
                raise StackError(
                    f"{child.program.name} isn't ready after {_READY_SECONDS:.0f} s; see {self.log(child.program)}."
                )
            time.sleep(0.02)

    def _revive(self, child: Child) -> None:
        if child.process.poll() is None:
            return
        now = time.monotonic()
        if child.restart_at is None:
            if now - child.started_at > _HEALTHY_AFTER_SECONDS:
                child.failures = 0
            delay_seconds = min(2.0**child.failures, _LONGEST_DELAY_SECONDS)
            child.failures, child.restart_at = child.failures + 1, now + delay_seconds
            _kill_group(child.process.pid)
            self.say(f"{self._describe_end(child)}; starting it again in {delay_seconds:.0f} s.")
        elif now >= child.restart_at:
            with interruption.held():
                child.process, child.started_at, child.restart_at = self._spawn(child.program), now, None
                self._record()
            self.say(f"{child.program.name} was started again.")

    def _stop_wave(self, wave: list[Child]) -> None:
        for child in wave:
            with suppress(ProcessLookupError):
                child.process.send_signal(child.program.stop_signal)
        deadline = time.monotonic() + self.grace_seconds
        for child in wave:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            _kill_group(child.process.pid)
            child.process.wait()

    def _describe_end(self, child: Child) -> str:
        code = child.process.returncode
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended by itself with exit code {code}"
        return f"{child.program.name} {how} (log: {self.log(child.program)})"

    def _last_line(self, program: Program) -> str:
        lines = self.log(program).read_text(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "it said nothing"

    def _rotate_log(self, program: Program) -> None:
        log = self.log(program)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))

    def _record(self) -> None:
        leftovers.record(self.state, [child.process.pid for child in self.children])


def _kill_group(pid: int) -> None:
    """End what a program started and left behind. Every program leads a process group of its own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
