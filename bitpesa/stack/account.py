"""The user the database server runs as: PostgreSQL refuses to run as root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Account:
    """An ordinary user whom root hands the database server to."""

    uid: int
    gid: int

    @classmethod
    def of(cls, uid: int) -> "Account":
        """The user with this number, and its own group."""
        return cls(uid, pwd.getpwuid(uid).pw_gid)

    def can_search(self, folder: Path) -> bool:
        """Whether this user gets into the folder: a parent closed to others, like /root, is enough to say no."""
        asked = subprocess.run(
            ["/bin/sh", "-c", 'test -x "$1"', "sh", str(folder)],
            cwd="/",
            user=self.uid,
            group=self.gid,
            extra_groups=[],
        )
        return asked.returncode == 0


def for_database(existing: Path) -> Account | None:
    """Whom to run the database server as; None means ourselves.

    Root hands it to the owner of the existing data, else to who called sudo, else to nobody. No user is created and
    no folder is opened to others.
    """
    if os.geteuid() != 0:
        return None
    if existing.is_dir() and (owner_uid := existing.stat().st_uid):
        return Account.of(owner_uid)
    sudo_uid = int(os.environ.get("SUDO_UID", "0"))
    return Account.of(sudo_uid or pwd.getpwnam("nobody").pw_uid)
