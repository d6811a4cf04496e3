"""The folder in which one stack keeps everything: data, secrets, logs, and the lock that makes it the only one."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bitpesa.stack.errors import StackError, StateInUse
from bitpesa.stack.secret_values import SecretValues, write_private

PROJECT = Path(__file__).resolve().parents[2]
_START_SECONDS = 90


@dataclass(frozen=True, slots=True)
class State:
    """One state folder. Its own mode lets the database's user through; what is private in it is closed by itself."""

    root: Path

    @classmethod
    def default(cls) -> "State":
        """`.state` in the project, or the folder named by BITPESA_STATE."""
        return cls(Path(os.environ.get("BITPESA_STATE") or PROJECT / ".state").resolve())

    def within(self, name: str) -> "State":
        """A state of its own inside this one, such as the tests'."""
        return State(self.root / name)

    @property
    def logs(self) -> Path:
        """One file for each program, and the one of its last run."""
        return self.root / "logs"

    @property
    def metrics(self) -> Path:
        """Where the processes put their figures for the exporter."""
        return self.root / "metrics"

    @property
    def sandbox(self) -> Path:
        """What the simulator keeps: its books, certificates and macaroon."""
        return self.root / "sandbox"

    @property
    def _environment_file(self) -> Path:
        return self.root / "environment.json"

    def make_folders(self) -> None:
        """Create what is missing, and keep it out of version control.

        Raises StackError if the folder is not ours to write.
        """
        try:
            self.root.mkdir(mode=0o711, parents=True, exist_ok=True)
            for folder in (self.logs, self.metrics, self.sandbox):
                folder.mkdir(mode=0o700, exist_ok=True)
            (self.root / ".gitignore").write_text("*\n")
        except PermissionError as error:
            raise StackError(
                f"The state folder {self.root} belongs to another user: remove it, or set BITPESA_STATE to another."
            ) from error

    def secrets(self) -> SecretValues:
        """This state's passwords and keys, made at the first call.

        Raises StackError if they are gone and a database made with them is not.
        """
        path = self.root / "secrets.json"
        if not path.exists() and (self.root / "postgres").exists():
            raise StackError(f"The secrets of {self.root} are gone, its database can't be opened: remove the folder.")
        return SecretValues.load(path)

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Be the only stack on this state. The kernel ends the lock with the process, however that ends.

        Raises StateInUse if another stack is.
        """
        with (self.root / "owner.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StateInUse(f"Another stack already uses {self.root}: stop that one first.") from error
            self._environment_file.unlink(missing_ok=True)  # left by a stack that was killed
            yield

    def publish(self, environment: dict[str, str]) -> None:
        """Tell borrowers how to reach the servers, now that they answer."""
        write_private(self._environment_file, json.dumps(environment, indent=2))

    def borrow(self) -> dict[str, str] | None:
        """The environment of the stack that owns this state, once its servers answer. Held till this process ends.

        None if that stack has stopped meanwhile. Raises StackError if its servers never answer.
        """
        deadline = time.monotonic() + _START_SECONDS
        while not self._environment_file.exists():
            if time.monotonic() > deadline:
                raise StackError(f"The other stack on {self.root} isn't ready after {_START_SECONDS} s.")
            time.sleep(0.1)
        descriptor = os.open(self.root / "borrowers.lock", os.O_RDWR | os.O_CREAT, 0o600)
        os.set_inheritable(descriptor, True)  # the command that replaces us keeps the lock
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        try:
            environment: dict[str, str] = json.loads(self._environment_file.read_text())
        except FileNotFoundError:
            os.close(descriptor)
            return None
        return environment

    def withdraw(self, *, wait: bool) -> None:
        """Lend the servers to nobody any more; with `wait`, once those who borrowed them have finished."""
        if not self._environment_file.exists():
            return
        with (self.root / "borrowers.lock").open("a") as lock:
            if wait:
                fcntl.flock(lock, fcntl.LOCK_EX)
            self._environment_file.unlink()
