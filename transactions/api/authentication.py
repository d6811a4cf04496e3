"""`Authorization: Bearer bp_test_…`: which client calls. Refusals say what is wrong with the key and what to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.conf import settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from structlog.contextvars import bind_contextvars

from transactions import selectors
from transactions.models import ApiClient, ApiKey
from transactions.services import api_clients

#: an event keeps this much of who did it
_ACTOR_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Caller:
    """What `request.user` is: a client that proved who it is."""

    client: ApiClient
    is_authenticated: bool = True


def client_of(request: Request) -> ApiClient:
    """Return the client of an authenticated request."""
    return cast(Caller, request.user).client


class ApiKeyAuthentication(BaseAuthentication):
    """Finds the key by its hash. A key of the other mode is refused by its prefix, before anything is looked up."""

    def authenticate(self, request: Request) -> tuple[Caller, ApiKey] | None:
        """Return the caller and the key; None if no key was sent."""
        scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = _key(text.strip(), at=timezone.now())
        bind_contextvars(actor=f"api:{key.client.name}"[:_ACTOR_LENGTH])
        return Caller(key.client), key

    def authenticate_header(self, request: Request) -> str:
        """Say how to authenticate."""
        return 'Bearer realm="BitPesa Bridge"'


def _key(text: str, *, at: datetime) -> ApiKey:
    match = api_clients.KEY_PATTERN.fullmatch(text)
    if not match:
        raise AuthenticationFailed(
            f"This is no API key: one is bp_{settings.MODE}_ and 40 hex digits.", code="api-key-invalid"
        )
    if match["mode"] != settings.MODE:
        raise AuthenticationFailed(
            f"This is a {match['mode']} key, and this deployment is in {settings.MODE} mode: "
            f"use a key that begins with bp_{settings.MODE}_.",
            code="api-key-of-other-mode",
        )
    return selectors.find_api_key(text, at=at) or _refuse(text)


def _refuse(text: str) -> ApiKey:
    key = selectors.find_api_key_of_any_state(text)
    if key is None:
        raise AuthenticationFailed("There is no such API key. Check that all of it was copied.", code="api-key-invalid")
    if not key.client.is_active:
        raise AuthenticationFailed("This client is switched off. Ask the operator.", code="api-client-inactive")
    if key.revoked_at:
        raise AuthenticationFailed("This API key was revoked. Use another, or ask for one.", code="api-key-revoked")
    raise AuthenticationFailed("This API key has expired. Ask for a new one.", code="api-key-expired")
