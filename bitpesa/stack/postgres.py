"""The embedded PostgreSQL: made once, aside, then moved into place; afterwards only started.

It listens on 127.0.0.1 with passwords (no Unix socket: their paths have a length limit). The platform connects as a
role that may create databases and is no superuser, as in production.
"""

import os
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bitpesa.stack import account, binaries, disk, ports, spawn
from bitpesa.stack.account import Account
from bitpesa.stack.errors import StackError
from bitpesa.stack.processes import Program
from bitpesa.stack.secret_values import SecretValues
from bitpesa.stack.state import State

NAME = "bitpesa"
_FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
_MODULE = "pg_stat_statements"


@dataclass(frozen=True, slots=True)
class Postgres:
    """One cluster. Without `durable` it forgets on a power cut what it promised, for tests alone."""

    bin: Path
    home: Path
    account: Account | None
    port: int
    password: str
    owner_password: str
    durable: bool

    @classmethod
    def place(cls, state: State, secrets: SecretValues, *, durable: bool) -> "Postgres":
        """Decide where the programs and the data are, and as whom they run."""
        runner = account.for_database(state.root / "postgres")
        home, programs = state.root, binaries.find_postgres()
        if runner and not runner.can_search(home):
            home = _reachable_home(secrets.state_id)
            runner = account.for_database(home / "postgres")
        if runner and not runner.can_search(programs):
            programs = _copied(programs, _reachable_home(secrets.state_id))
        port = ports.choose(state.root / "ports.json", "postgres")
        return cls(programs, home, runner, port, secrets.postgres_password, secrets.postgres_owner_password, durable)

    @property
    def url(self) -> str:
        """How the platform connects."""
        return f"postgresql://{NAME}:{self.password}@{ports.LOOPBACK}:{self.port}/{NAME}"

    @property
    def data(self) -> Path:
        """The cluster's folder, complete as soon as it exists."""
        return self.home / "postgres"

    def prepare(self) -> None:
        """Make the cluster if there is none. Killed halfway, it leaves only a side folder that the next start removes.

        Raises StackError if the data was made by another major version.
        """
        for stale in self.home.glob("postgres.new-*"):
            _remove(stale)
        if self.data.exists() and not self._is_same_version():
            if self.durable:
                raise StackError(f"{self.data} was made by another version of PostgreSQL: remove it to begin anew.")
            shutil.rmtree(self.data)
        if not self.data.exists():
            disk.require_space(self.home, megabytes=500, purpose="The database")
            self._create()

    def program(self) -> Program:
        """How to run the server."""
        options = {
            "listen_addresses": ports.LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "shared_preload_libraries": _MODULE if self._has_module else "",
        }
        flags = [flag for name, value in options.items() for flag in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            command=[str(self.bin / "postgres"), "-D", str(self.data), *flags, *(() if self.durable else _FAST)],
            environment=_environment(),
            cwd=Path("/"),
            is_ready=self._is_ready,
            stop_signal=signal.SIGINT,  # fast: SIGTERM would wait until every client has left
            account=self.account,
        )

    @property
    def _major(self) -> int:
        version = spawn.run_helper([str(self.bin / "postgres"), "--version"], environment=_environment())
        return int(version.split()[2].split(".")[0])

    @property
    def _has_module(self) -> bool:
        return any((self.bin.parent / "lib").rglob(f"{_MODULE}.*"))

    def _is_same_version(self) -> bool:
        return (self.data / "PG_VERSION").read_text().strip() == str(self._major)

    def _is_ready(self, pid: int) -> bool:
        """What pg_ctl looks at: the eighth line that this postmaster, not an earlier one, wrote into its file."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _create(self) -> None:
        aside = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self.home))
        data, password_file = aside / "data", aside / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.owner_password)
        if self.account:
            os.chown(password_file, self.account.uid, self.account.gid)
            os.chown(aside, self.account.uid, self.account.gid)
        self._run("initdb", "-D", str(data), "--pwfile", str(password_file), *self._initdb_flags())
        single = ("--single", "-D", str(data), "-c", "exit_on_error=on", "template1")
        self._run("postgres", *single, text=self._first_sql())
        data.rename(self.data)
        _remove(aside)

    def _initdb_flags(self) -> list[str]:
        # Neither depends on the locales this machine happens to have.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if self._major >= 17 else ["--locale=C"]
        sync = [] if self.durable else ["--no-sync"]
        return ["-U", "postgres", "--auth=scram-sha-256", "--encoding=UTF8", *locale, *sync]

    def _first_sql(self) -> str:
        """One statement a line. Only a superuser may create this extension, so every database inherits it."""
        extension = [
            f"CREATE EXTENSION {_MODULE}",
            f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {NAME}",
        ]
        statements = [
            f"CREATE ROLE {NAME} LOGIN CREATEDB PASSWORD '{self.password}'",
            f"GRANT pg_monitor TO {NAME}",
            *(extension if self._has_module else []),
            f"CREATE DATABASE {NAME} OWNER {NAME}",
        ]
        return "\n".join(statements) + "\n"

    def _run(self, program: str, *arguments: str, text: str = "") -> None:
        command = [str(self.bin / program), *arguments]
        spawn.run_helper(command, environment=_environment(), account=self.account, text=text)


def _environment() -> dict[str, str]:
    """Nothing of the caller's PG* variables, which would change what the programs do."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _remove(folder: Path) -> None:
    """Remove a side folder, even while a killed initdb's last child is still ending in it."""
    for _attempt in range(40):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)
    raise StackError(f"{folder} can't be removed: another program writes in it.")


def _reachable_home(state_id: str) -> Path:
    """Root's own folder that others may pass through, for data and programs that lie where they can't.

    Raises StackError if somebody else made it.
    """
    home = Path("/var/tmp") / f"bitpesa-{state_id}"  # noqa: S108  the name is random, the owner checked
    home.mkdir(mode=0o711, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != 0:
        raise StackError(f"{home} belongs to another user: remove it.")
    return home


def _copied(programs: Path, home: Path) -> Path:
    """A copy of the wheel's folder, and of the libraries beside it, one for each build of it.

    Raises StackError for programs that are in no wheel: what else they need isn't known.
    """
    site = next((folder for folder in programs.parents if folder.name in {"site-packages", "dist-packages"}), None)
    if site is None:
        raise StackError(f"{programs} can only be reached by root: install PostgreSQL elsewhere or set DATABASE_URL.")
    built = (programs / "postgres").stat()
    copy, inner = home / f"postgresql-{built.st_size}-{int(built.st_mtime)}", programs.relative_to(site)
    if not copy.exists():
        aside = Path(tempfile.mkdtemp(prefix="postgresql.new-", dir=home))
        for folder in site.glob(f"{inner.parts[0]}*"):
            shutil.copytree(folder, aside / folder.name)
        aside.chmod(0o755)
        aside.rename(copy)
    return copy / inner
