"""`manage.py kill_switch engage|release`: stop new payments, or let them flow again. What is under way goes on."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from transactions import selectors
from transactions.errors import KillSwitchUnchanged
from transactions.services import kill_switch


class Command(BaseCommand):
    """Without an argument, say how the switch stands."""

    help = "Stop new payments, or let them flow again."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act")
        engage = acts.add_parser("engage", help="stop quotes and submits")
        engage.add_argument("--reason", required=True)
        release = acts.add_parser("release", help="let them flow again")
        for act in (engage, release):
            act.add_argument("--by", default=os.environ.get("LOGNAME", "shell"), help="who does it")

    def handle(self, **options: Any) -> None:
        try:
            if options["act"] == "engage":
                kill_switch.engage(reason=options["reason"], by=f"operator:{options['by']}", at=timezone.now())
            elif options["act"] == "release":
                kill_switch.release(by=f"operator:{options['by']}", at=timezone.now())
        except KillSwitchUnchanged as error:
            raise CommandError(str(error)) from None
        self.stdout.write(_state())


def _state() -> str:
    switch = selectors.find_kill_switch()
    if switch is None:
        return "released: new payments are accepted"
    return f"engaged by {switch.engaged_by} since {switch.engaged_at:%Y-%m-%d %H:%M:%S} UTC: {switch.reason}"
