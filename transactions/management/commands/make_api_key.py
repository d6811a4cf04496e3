"""`manage.py make_api_key NAME`: give an integrator a key. It is printed once and cannot be read again."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from transactions.services import api_clients


class Command(BaseCommand):
    """Make the client too, if there is none of this name."""

    help = "Give an API client a key, and print it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", help="the client's name; made if there is none")
        parser.add_argument("--days", type=int, help="how long the key is valid; for ever if not given")

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        client = api_clients.find_or_make_client(options["client"], at=now)
        expires_at = now + timedelta(days=options["days"]) if options["days"] else None
        self.stdout.write(api_clients.make_key(client, at=now, expires_at=expires_at))
        self.stderr.write("Keep it: it is not stored, and cannot be shown again.")
