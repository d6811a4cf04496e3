"""`manage.py revoke_api_key PREFIX`: end a key at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from transactions.models import ApiKey
from transactions.services import api_clients


class Command(BaseCommand):
    """Keys are told apart by how they begin; the rest is not kept."""

    help = "End an API key at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", help="the first 16 characters of the key, such as bp_test_1a2b3c4d")

    def handle(self, **options: Any) -> None:
        # Somebody may paste all of it.
        prefix = options["prefix"][: api_clients.PREFIX_LENGTH]
        try:
            key = api_clients.revoke(prefix, at=timezone.now())
        except ApiKey.DoesNotExist:
            raise CommandError(f"No key begins with {prefix}.") from None
        except ApiKey.MultipleObjectsReturned:
            raise CommandError(f"Several keys begin with {prefix}: revoke the right one in the admin.") from None
        self.stdout.write(f"{key} of {key.client} is revoked.")
