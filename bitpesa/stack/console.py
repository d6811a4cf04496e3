"""What the person at the keyboard sees: one line per step, with its time."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Say = Callable[[str], None]
_WIDTH = 46


def say(line: str = "") -> None:
    """Print one line at once, also into a pipe."""
    print(line, flush=True)


def complain(line: str) -> None:
    """Print one line where errors go."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show a step while it runs, and how long it took once it has succeeded."""
    started = time.monotonic()
    print(f"  {title} ".ljust(_WIDTH, "."), end=" ", flush=True)
    try:
        yield
    except BaseException as error:
        print("failed" if isinstance(error, Exception) else "stopped", flush=True)
        raise
    print(f"{time.monotonic() - started:.1f} s", flush=True)
