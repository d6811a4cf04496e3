"""`manage.py bootstrap_demo`: an operator login and a test API key, for a machine of one's own."""

import json
import os
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bitpesa import env
from transactions.services import api_clients


class Command(BaseCommand):
    """Idempotent: the same login and key each time, taken from DEMO_OPERATOR_PASSWORD and DEMO_API_KEY."""

    help = "Make the demo's operator and API key, and print them as one JSON line."

    def handle(self, **options: Any) -> None:
        if env.read().mode != "test":
            raise CommandError("This is a live deployment: make users with createsuperuser, keys with make_api_key.")
        try:
            password, key = os.environ["DEMO_OPERATOR_PASSWORD"], os.environ["DEMO_API_KEY"]
        except KeyError as missing:
            raise CommandError(f"{missing} is not set.") from None
        operator, _ = get_user_model().objects.get_or_create(
            username="operator", defaults={"is_staff": True, "is_superuser": True}
        )
        operator.set_password(password)
        operator.save(update_fields=["password"])
        api_clients.remember_key(key, client_name="Demo", at=timezone.now())
        answer = {"operator": {"username": "operator", "password": password}, "api_key": key}
        self.stdout.write(json.dumps(answer))
