"""The price feed: Coinbase's exchange rates, with a price one can set.

Source: `GET https://api.coinbase.com/v2/exchange-rates?currency=BTC` (strings, no timestamp).
"""

from decimal import Decimal, InvalidOperation

from bitpesa.sandbox.books import Books
from bitpesa.sandbox.broken import DARAJA
from bitpesa.sandbox.gate import Route
from bitpesa.sandbox.server import Request, Response, json_response

FIRST_KES_PER_BTC = "12480000.00"
KES_PER_USD = Decimal(130)
#: stale: the price stays where it was, whatever is set; html: a firewall page; 500: an error in JSON
MODES = ("ok", "stale", "html", "500")
CENT = Decimal("0.01")


class Rates:
    def __init__(self, books: Books) -> None:
        self._books = books

    def routes(self) -> dict[str, Route]:
        return {"GET /v2/exchange-rates": Route("rates", self.exchange_rates)}

    def set_price(self, kes_per_btc: str | None, mode: str | None) -> dict[str, str]:
        """Raises ValueError for what is no price or no mode."""
        if mode is not None:
            self._set_mode(mode)
        if kes_per_btc is not None:
            self._books.remember("kes_per_btc", str(_price(kes_per_btc)))
        return {"kes_per_btc": self._set_kes_per_btc(), "published": str(self._published()), "mode": self._mode()}

    async def exchange_rates(self, request: Request) -> Response:
        if self._mode() == "html":
            return DARAJA["html_503"]()
        if self._mode() == "500":
            return _problem(500, "internal_server_error", "Internal server error")
        if request.query.get("currency", "USD") != "BTC":
            return _problem(400, "invalid_request", "Currency is invalid")
        return json_response({"data": {"currency": "BTC", "rates": self._quoted()}})

    def _quoted(self) -> dict[str, str]:
        kes_per_btc = self._published()
        usd_per_btc = (kes_per_btc / KES_PER_USD).quantize(CENT)
        return {"BTC": "1.0", "KES": str(kes_per_btc), "USD": str(usd_per_btc)}

    def _set_mode(self, mode: str) -> None:
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}")
        self._books.remember("frozen_kes_per_btc", self._set_kes_per_btc())
        self._books.remember("rates_mode", mode)

    def _mode(self) -> str:
        return self._books.recall("rates_mode", "ok")

    def _set_kes_per_btc(self) -> str:
        return self._books.recall("kes_per_btc", FIRST_KES_PER_BTC)

    def _published(self) -> Decimal:
        is_stale = self._mode() == "stale"
        price = self._books.recall("frozen_kes_per_btc", FIRST_KES_PER_BTC) if is_stale else self._set_kes_per_btc()
        return Decimal(price)


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text).quantize(CENT)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no price") from error
    return price


def _problem(status: int, identifier: str, message: str) -> Response:
    return json_response({"errors": [{"id": identifier, "message": message}]}, status)
