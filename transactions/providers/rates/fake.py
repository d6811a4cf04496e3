"""A source of prices in memory: it says what a test tells it to."""

from collections import deque
from decimal import Decimal

from transactions.providers.base import ProviderError
from transactions.providers.rates.base import RateReading, RateSource


class FakeRates(RateSource):
    """A price that stands still until a test moves it."""

    name = "fake"

    def __init__(self, *, kes_per_btc: Decimal = Decimal(13_000_000)) -> None:
        self.kes_per_btc = kes_per_btc
        self._failures: deque[ProviderError] = deque()

    def fail_next(self, error: ProviderError) -> None:
        """Let the next fetch (after those already scripted) end in this error."""
        self._failures.append(error)

    def _fetch(self) -> RateReading:
        if self._failures:
            raise self._failures.popleft()
        return RateReading(self.kes_per_btc, self.name, {"BTC/KES": str(self.kes_per_btc)})
