"""Free disk space, asked before something large is written."""

import shutil
from pathlib import Path

from bitpesa.stack.errors import StackError


def require_space(folder: Path, *, megabytes: int, purpose: str) -> None:
    """Refuse to begin what would fill the disk.

    Raises StackError if the folder's file system has less than `megabytes` free.
    """
    free_megabytes = shutil.disk_usage(folder).free // 1_000_000
    if free_megabytes < megabytes:
        raise StackError(
            f"{purpose} needs {megabytes} MB of disk space below {folder}, but only {free_megabytes} MB are free."
        )
