"""Makes `.venv` and installs into it what a command needs. Standard library only: it runs before anything is there.

What was installed is remembered by the files' digests in `.venv`, so that the next start has nothing to do.
"""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bitpesa.stack import console, disk, spawn
from bitpesa.stack.errors import StackError

_BASE, _EMBEDDED, _DEV = "requirements.txt", "requirements-embedded.txt", "requirements-dev.txt"
#: uv knows neither this machine's certificates by itself, nor any reason to leave its Python alone
_UV = {"UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
_PIP = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "PIP_NO_INPUT": "1"}


def needed_files(command: str) -> list[str]:
    """The requirements files of a command; servers that the environment names need no wheels."""
    files = [_BASE]
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        files.append(_EMBEDDED)
    return [*files, _DEV] if command in {"test", "check"} else files


@dataclass(frozen=True, slots=True)
class VirtualEnvironment:
    """The `.venv` of a project folder."""

    project: Path

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.project / ".venv"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def install(self, command: str) -> None:
        """Make it ready for a command; nothing is done if it is already.

        Raises StackError, in one sentence, if that can't be.
        """
        with self._locked():
            if self._has(needed_files(command)):
                return
            disk.require_space(self.project, megabytes=1000, purpose="The virtual environment")
            if self._unfinished.exists():
                shutil.rmtree(self.folder)
            files = sorted({*needed_files(command), *self._known()})
            self._fill(files)
            self._installed.write_text(json.dumps({name: self._digest(name) for name in files}))

    @property
    def _installed(self) -> Path:
        return self.folder / ".installed"

    @property
    def _unfinished(self) -> Path:
        """While this mark is there, the environment is half-made, and the next start makes it anew."""
        return self.folder / ".unfinished"

    @property
    def _log(self) -> Path:
        return self.folder / "install.log"

    def _known(self) -> dict[str, str]:
        known: dict[str, str] = json.loads(self._installed.read_text()) if self._installed.exists() else {}
        return known

    def _has(self, files: Sequence[str]) -> bool:
        known = self._known()
        is_known = all(known.get(name) == self._digest(name) for name in files)
        return is_known and self.python.exists() and not self._unfinished.exists()

    def _fill(self, files: Sequence[str]) -> None:
        """With uv where it works, else with pip, which takes about five times as long."""
        if not self.python.exists():
            self.folder.mkdir(exist_ok=True)
            self._unfinished.touch()
        uv = _find_uv()
        with console.step(f"Python packages, by {'uv' if uv else 'pip'}"):
            if not (uv and self._fill_with_uv(uv, files)):
                self._fill_with_pip(files)
        self._unfinished.unlink(missing_ok=True)

    def _fill_with_uv(self, uv: str, files: Sequence[str]) -> bool:
        make = [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(self.folder)]
        if not self.python.exists() and self._run(make, _UV):
            return False
        install = [uv, "pip", "install", "--quiet", "--python", str(self.python), *self._requirements(files)]
        return self._run(install, _UV) == 0

    def _fill_with_pip(self, files: Sequence[str]) -> None:
        make = [sys.executable, "-m", "venv"]
        if not self.python.exists() and self._run([*make, str(self.folder)], _PIP):  # Debian without python3-venv
            self._run([*make, "--without-pip", str(self.folder)], _PIP)
        if self._run([*self._pip(), "install", "--progress-bar=off", *self._requirements(files)], _PIP):
            raise StackError(f"The Python packages could not be installed: {self._reason()} (log: {self._log}).")

    def _pip(self) -> list[str]:
        """The environment's own pip, else this machine's."""
        if self._run([str(self.python), "-m", "pip", "--version"], _PIP) == 0:
            return [str(self.python), "-m", "pip"]
        if self._run([sys.executable, "-m", "pip", "--version"], _PIP) == 0:
            return [sys.executable, "-m", "pip", "--python", str(self.python)]
        raise StackError("This Python can't make virtual environments: install python3-venv (or python3-pip, or uv).")

    def _requirements(self, files: Sequence[str]) -> list[str]:
        return ["--require-hashes", *(part for name in files for part in ("-r", str(self.project / name)))]

    def _run(self, command: Sequence[str], variables: dict[str, str]) -> int:
        """Run a command, its output appended to the log, a dot on the terminal every two seconds."""
        with self._log.open("a") as log:
            print("$", *command, file=log, flush=True)
            process = subprocess.Popen(
                list(command),
                stdout=log,
                stderr=log,
                env=os.environ | variables,
                preexec_fn=spawn.die_with_parent(signal.SIGKILL),  # an orphan would write into the next one's work
            )
            next_dot_at = time.monotonic() + 2
            while (code := process.poll()) is None:
                time.sleep(0.05)
                if time.monotonic() > next_dot_at:
                    print(".", end="", flush=True)
                    next_dot_at += 2
        return code

    def _reason(self) -> str:
        errors = [line for line in self._log.read_text().splitlines() if line.startswith("ERROR: ")]
        return errors[-1].removeprefix("ERROR: ") if errors else "pip gave no reason"

    def _digest(self, name: str) -> str:
        return hashlib.sha256((self.project / name).read_bytes()).hexdigest()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """A second ./run waits until the first has installed."""
        descriptor = os.open(self.project, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _find_uv() -> str | None:
    """uv if it is there and runs: a pyenv shim may be on the path without a program behind it."""
    uv = shutil.which("uv")
    return uv if uv and subprocess.run([uv, "--version"], capture_output=True).returncode == 0 else None


if __name__ == "__main__":
    try:
        VirtualEnvironment(Path(__file__).resolve().parents[2]).install(sys.argv[1])
    except StackError as error:
        console.complain(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
