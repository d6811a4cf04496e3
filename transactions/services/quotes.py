"""Prices: snapshots read in the background, quotes locked from the latest of them. Creation calls nobody."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings

from transactions import selectors
from transactions.models import Quote, RateSnapshot
from transactions.money import BASIS_POINTS, Kes
from transactions.providers import registry
from transactions.providers.base import ProviderError
from transactions.services import prices

log = structlog.get_logger(__name__)


def refresh(*, at: datetime) -> RateSnapshot | None:
    """Read the price and keep a snapshot of it; None if no source answered. The last one serves until it is stale."""
    for source in registry.rates():
        try:
            reading = source.fetch()
        except ProviderError as error:
            log.warning("rate_unread", source=source.name, outcome=error.outcome, why=str(error))
            continue
        return RateSnapshot.objects.create(
            kes_per_btc=reading.kes_per_btc, source=reading.source, inputs=reading.inputs, fetched_at=at
        )
    return None


def lock(amount: Kes, *, at: datetime) -> Quote:
    """Lock the all-in price of paying out this amount, from the latest snapshot.

    Raises RateUnavailable if there is no fresh one: refuse the payment.
    """
    price = prices.preview(amount, at=at)
    return Quote.objects.create(
        snapshot=price.snapshot,
        amount_kes=amount.value,
        fee_cents=price.fee_cents,
        spread_cents=price.spread_cents,
        amount_msat=price.all_in.value,
        created_at=at,
        expires_at=at + timedelta(seconds=settings.QUOTE_SECONDS),
    )


def still_holds(quote: Quote, *, at: datetime) -> bool | None:
    """Whether bitcoin has not fallen further than tolerated since the quote; None if there is no fresh price."""
    now = selectors.find_snapshot(at=at)
    if now is None:
        return None
    floor = quote.snapshot.kes_per_btc * (BASIS_POINTS - settings.PRICE_TOLERANCE_BASIS_POINTS)
    return now.kes_per_btc * BASIS_POINTS >= floor


def refresh_if_late(*, at: datetime) -> None:
    """Read the price if nobody has for a while: beat needs a broker, a quote does not."""
    late = timedelta(seconds=settings.RATE_STALE_SECONDS // 2)
    latest = selectors.find_snapshot(at=at)
    if latest is None or latest.fetched_at < at - late:
        refresh(at=at)
