"""Turns the names in settings into providers, one of each per process. The only file that reads those settings."""

import os
from functools import cache
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from bitpesa.infrastructure.resilience import SharedBreaker
from transactions import signals
from transactions.providers.base import OUR_OWN_DOING, NotSent, Rejected, observe
from transactions.providers.lightning.base import LightningBackend
from transactions.providers.payout.base import PayoutProvider
from transactions.providers.rates.base import RateSource
from transactions.providers.tokens import StoredTokens

_made: list[Any] = []


def _make(entry: dict[str, Any], **given: Any) -> Any:
    options = dict(entry.get("OPTIONS", {}))
    if path := options.pop("macaroon_path", None):
        options["macaroon_hex"] = Path(path).read_bytes().hex()
    provider = import_string(entry["CLASS"])(**options, **given)
    _made.append(provider)
    return provider


def lightning(name: str | None = None) -> LightningBackend:
    """Return the node that new invoices are made on, or the one an invoice names."""
    return cast(LightningBackend, _lightning(name or settings.LIGHTNING_PROVIDER, os.getpid()))


@cache
def _lightning(name: str, pid: int) -> Any:
    return _make(settings.LIGHTNING_PROVIDERS[name])


def payouts(name: str) -> PayoutProvider:
    """Return a payout provider by the name an attempt carries."""
    return cast(PayoutProvider, _payouts(name, os.getpid()))


@cache
def _payouts(name: str, pid: int) -> Any:
    return _make(
        settings.PAYOUT_PROVIDERS[name], tokens=StoredTokens(name), probe_url=settings.CALLBACK_URL + "/hooks/p/"
    )


def payout_messages(name: str) -> type[PayoutProvider]:
    """Return a provider's class: reading its messages needs no credential, and must not wait for one."""
    return cast(type[PayoutProvider], import_string(settings.PAYOUT_PROVIDERS[name]["CLASS"]))


def payout_names() -> list[str]:
    """Return the names of all payout providers."""
    return list(settings.PAYOUT_PROVIDERS)


def rates() -> list[RateSource]:
    """Return every source of prices."""
    return [cast(RateSource, _rates(name, os.getpid())) for name in settings.RATE_PROVIDERS]


@cache
def _rates(name: str, pid: int) -> Any:
    return _make(settings.RATE_PROVIDERS[name])


@cache
def breaker(provider: str) -> SharedBreaker:
    """Return the breaker in front of a provider's submits: one state for all processes.

    A business "no" is an answer, not a failure.
    """
    return SharedBreaker(f"payout:{provider}", redis_url=settings.REDIS_URL, is_answer=_is_answer)


def _is_answer(error: BaseException) -> bool:
    """A business no is not the provider's failure; nor is what we did not send of our own accord."""
    if isinstance(error, NotSent):
        return error.code in OUR_OWN_DOING
    return isinstance(error, Rejected) and not error.is_gateway


def forget() -> None:
    """Close and drop every provider made so far: settings have changed under a test."""
    for provider in _made:
        if close := getattr(provider, "close", None):
            close()
    _made.clear()
    for cached in (_lightning, _payouts, _rates, breaker):
        cached.cache_clear()


def _tell(provider: str, operation: str, outcome: str, seconds: float) -> None:
    signals.provider_called.send_robust(
        sender=None, provider=provider, operation=operation, outcome=outcome, seconds=seconds
    )


observe(_tell)
