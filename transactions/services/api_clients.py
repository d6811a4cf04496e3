"""Who may call the API: clients, and the keys they are given. A key's text is shown once and kept as its hash only."""

import re
import secrets
from datetime import datetime

from django.conf import settings

from transactions import vault
from transactions.models import ApiClient, ApiKey

#: `bp_test_` or `bp_live_`: the mode of the deployment that made it, then 40 hex digits
KEY_PATTERN = re.compile(r"bp_(?P<mode>test|live)_[0-9a-f]{40}")
#: how much of a key is kept readable, so that people can tell keys apart
PREFIX_LENGTH = len("bp_test_") + 8


def find_or_make_client(name: str, *, at: datetime) -> ApiClient:
    """Return the client with this name, making it if there is none."""
    client, _ = ApiClient.objects.get_or_create(name=name, defaults={"created_at": at})
    return client


def make_key(client: ApiClient, *, at: datetime, expires_at: datetime | None = None) -> str:
    """Give a client another key of this deployment's mode; returns its text, which nobody can read again."""
    text = f"bp_{settings.MODE}_{secrets.token_hex(20)}"
    _keep(client, text, at=at, expires_at=expires_at)
    return text


def remember_key(key: str, *, client_name: str, at: datetime) -> ApiKey:
    """Keep a key that was made elsewhere, as a demo's is. Repeats change nothing.

    Raises ValueError if it is no key of this deployment's mode.
    """
    match = KEY_PATTERN.fullmatch(key)
    if not match or match["mode"] != settings.MODE:
        raise ValueError(f"not a key of this deployment: bp_{settings.MODE}_ and 40 hex digits")
    return _keep(find_or_make_client(client_name, at=at), key, at=at)


def revoke(prefix: str, *, at: datetime) -> ApiKey:
    """End a key at once, by the beginning that is kept of it. Repeats change nothing.

    Raises ApiKey.DoesNotExist, or ApiKey.MultipleObjectsReturned if two begin alike.
    """
    key = ApiKey.objects.select_related("client").get(prefix=prefix)
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
    return key


def _keep(client: ApiClient, text: str, *, at: datetime, expires_at: datetime | None = None) -> ApiKey:
    key, _ = ApiKey.objects.get_or_create(
        secret_hash=vault.digest(text),
        defaults={"client": client, "prefix": text[:PREFIX_LENGTH], "created_at": at, "expires_at": expires_at},
    )
    return key
