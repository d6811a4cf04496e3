"""`manage.py watch`: follows Lightning and runs the sweeper. Needs PostgreSQL and the providers, not Redis."""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from transactions.providers.base import stopping
from transactions.services import follower, inbox, payouts, queries, quotes, sweeper

log = structlog.get_logger(__name__)

#: the advisory lock of the one process that follows the node
LEADER_LOCK = 0x62_69_74_70
CHORES_SECONDS = 10.0


class Command(BaseCommand):
    """Run until SIGTERM. Any number of these may run: the sweeper shares the rows out, and one follows the node."""

    help = "Follow Lightning and do what is due."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=8, help="rows looked at side by side")
        parser.add_argument("--follow-seconds", type=float, default=0.3, help="pause between two looks at the node")
        parser.add_argument("--sweep-seconds", type=float, default=0.5, help="pause between two sweeps")

    def handle(self, **options: Any) -> None:
        # The same event keeps senders from dialling: what has not left by then is recorded as not sent.
        stop = stopping
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        loops = [
            threading.Thread(target=_repeat, args=(stop, options["follow_seconds"], _follow)),
            threading.Thread(target=_repeat, args=(stop, options["sweep_seconds"], _read_messages)),
            threading.Thread(target=_repeat, args=(stop, CHORES_SECONDS, _do_chores)),
        ]
        for loop in loops:
            loop.start()
        with ThreadPoolExecutor(options["threads"]) as executor:
            _repeat(stop, options["sweep_seconds"], lambda: _sweep(stop, executor))
        for loop in loops:
            loop.join()


def _read_messages() -> None:
    """Apply what no task has applied. Apart from the sweep, which may wait for a slow node."""
    inbox.process_waiting(at=timezone.now())


def _do_chores() -> None:
    """Do what has no row of its own. Prices are beat's, as long as it reads them."""
    quotes.refresh_if_late(at=timezone.now())
    payouts.probe(at=timezone.now())
    queries.confirm_successes(at=timezone.now())


def _sweep(stop: threading.Event, executor: ThreadPoolExecutor) -> None:
    """Take batch after batch, until nothing is due or it is time to stop."""
    while sweeper.run(clock=timezone.now, executor=executor) and not stop.is_set():
        pass


def _repeat(stop: threading.Event, pause_seconds: float, work: Callable[[], object]) -> None:
    """Work, pause, and go on whatever happens: a database that is away comes back."""
    while not stop.is_set():
        try:
            work()
        except DatabaseError as error:
            log.warning("database_away", error=str(error).strip())
            connection.close()
        except Exception:
            log.exception("watcher_loop_failed")
        stop.wait(pause_seconds)
    connection.close()


def _follow() -> None:
    """Look at the node, if this process is the one that does."""
    close_old_connections()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK])
        (is_leader,) = cursor.fetchone()
        if not is_leader:
            return
        try:
            follower.follow(at=timezone.now())
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LEADER_LOCK])
