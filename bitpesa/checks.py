"""System checks: what is misconfigured says so at start, with an id that can be looked up."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

#: words that Safaricom refuses in a callback URL, in any case
FORBIDDEN_IN_CALLBACK_URL = ("mpesa", "m-pesa", "safaricom", "exe", "exec", "cmd", "sql", "query")


@register()
def callback_url(**_: Any) -> list[CheckMessage]:
    """bitpesa.E001: Safaricom refuses some words in callback URLs; every payout would be rejected."""
    found = [word for word in FORBIDDEN_IN_CALLBACK_URL if word in settings.CALLBACK_URL.lower()]
    if not found:
        return []
    return [
        Error(
            f"CALLBACK_URL contains what Safaricom refuses: {', '.join(found)}.",
            hint="Give the callbacks a host name without these words.",
            id="bitpesa.E001",
        )
    ]


@register()
def real_providers(**_: Any) -> list[CheckMessage]:
    """bitpesa.E002: a scripted provider must never be what a deployment pays with."""
    entries = {**settings.PAYOUT_PROVIDERS, **settings.LIGHTNING_PROVIDERS, **settings.RATE_PROVIDERS}
    return [
        Error(f"The provider {name!r} is a fake.", hint="Name a real one in settings/providers.py.", id="bitpesa.E002")
        for name, entry in entries.items()
        if ".fake." in entry["CLASS"]
    ]


@register()
def no_debug(**_: Any) -> list[CheckMessage]:
    """bitpesa.E003: error pages with DEBUG show settings and money to anybody."""
    if not settings.DEBUG or settings.MODE == "test":
        return []
    return [Error("DEBUG is on in a live deployment.", hint="Remove it.", id="bitpesa.E003")]
