"""Coinbase's public exchange rates: BTC in every currency at once, no key.

Its BTC/KES is BTC/USD times an exchange rate of its own, not a market, and it carries no time.
Source: https://docs.cdp.coinbase.com/coinbase-app/track-apis/exchange-rates
"""

import re
from decimal import Decimal
from typing import Any

from transactions.providers.base import Rejected, Uncertain
from transactions.providers.http import Answer, HttpClient
from transactions.providers.rates.base import RateReading, RateSource

CURRENCY = "BTC"
#: Plain digits, within reason: no sign, exponent, infinity or not-a-number.
_PLAIN_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,20})?")
_REFUSED_STATUSES = {400: "bad_request", 401: "permission", 403: "permission", 404: "no_such_call", 429: "quota"}


class CoinbaseRates(RateSource):
    """The price Coinbase shows."""

    name = "coinbase"

    def __init__(
        self,
        *,
        url: str = "https://api.coinbase.com",
        timeout_seconds: float = 5.0,
        connect_timeout_seconds: float = 3.0,
    ) -> None:
        self._http = HttpClient(url, timeout_seconds=timeout_seconds, connect_timeout_seconds=connect_timeout_seconds)

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        self._http.close()

    def _fetch(self) -> RateReading:
        rates = _read_rates(self._http.read("/v2/exchange-rates", currency=CURRENCY))
        kes_per_btc = _price(rates, "KES")
        inputs = {"BTC/KES": str(rates["KES"]), "BTC/USD": str(_price(rates, "USD"))}
        return RateReading(kes_per_btc=kes_per_btc, source=self.name, inputs=inputs)


def _read_rates(answer: Answer) -> dict[str, Any]:
    if code := _REFUSED_STATUSES.get(answer.status):
        raise Rejected(f"HTTP {answer.status}", code=code, is_curable=code == "quota")
    if answer.status != 200 or answer.document is None:
        raise Uncertain(f"HTTP {answer.status}, and not the JSON asked for", code="unreadable")
    data = answer.document.get("data")
    if not isinstance(data, dict) or data.get("currency") != CURRENCY or not isinstance(data.get("rates"), dict):
        raise Uncertain("these are no rates of bitcoin", code="unreadable")
    return dict(data["rates"])


def _price(rates: dict[str, Any], currency: str) -> Decimal:
    text = str(rates.get(currency, ""))
    price = Decimal(text) if _PLAIN_NUMBER.fullmatch(text) else Decimal(0)
    if price <= 0:
        raise Uncertain(f"no price of bitcoin in {currency}", code="no_price")
    return price
