"""What Coinbase's price feed may answer, and what becomes of it."""

import json
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal

import pytest

from transactions.providers.base import NotSent, ProviderError, Rejected, Uncertain
from transactions.providers.rates.base import RateReading
from transactions.providers.rates.coinbase import CoinbaseRates
from transactions.tests.providers.odd_server import (
    OddServer,
    Reply,
    answering,
    answering_after,
    answering_html,
    cutting_the_connection,
)


def rates(changed: dict[str, object] | None = None, currency: str = "BTC") -> dict[str, object]:
    prices = {"USD": "64123.455", "KES": "8271925.695", "EUR": "1"} | (changed or {})
    return {"data": {"currency": currency, "rates": prices}}


@pytest.fixture
def server() -> Iterator[OddServer]:
    with OddServer() as server:
        yield server


@pytest.fixture
def coinbase(server: OddServer) -> Iterator[CoinbaseRates]:
    with closing(CoinbaseRates(url=server.url, timeout_seconds=0.5)) as coinbase:
        yield coinbase


def failure_of(source: CoinbaseRates) -> ProviderError:
    with pytest.raises(ProviderError) as failed:
        source.fetch()
    return failed.value


def test_the_price_is_exact_and_keeps_the_words_it_came_in(server: OddServer, coinbase: CoinbaseRates) -> None:
    server.answer(answering(200, rates()))

    assert coinbase.fetch() == RateReading(
        kes_per_btc=Decimal("8271925.695"),
        source="coinbase",
        inputs={"BTC/KES": "8271925.695", "BTC/USD": "64123.455"},
    )
    assert server.received[0].path == "/v2/exchange-rates?currency=BTC"


def test_a_price_given_as_a_number_loses_no_digit(server: OddServer, coinbase: CoinbaseRates) -> None:
    exact = json.dumps(rates({"KES": 0})).replace('"KES": 0', '"KES": 8271925.12345678901234')
    server.answer(lambda handler: handler.send(200, exact.encode()))

    assert coinbase.fetch().kes_per_btc == Decimal("8271925.12345678901234")


@pytest.mark.parametrize(
    "price", ["0", "0.00", "-5", "NaN", "Infinity", "1e9", "9" * 13, "", "12,5", "١٢", None, [], {}]
)
@pytest.mark.parametrize("currency", ["KES", "USD"])
def test_what_is_no_price_is_never_quoted(
    server: OddServer, coinbase: CoinbaseRates, currency: str, price: object
) -> None:
    server.answer(answering(200, rates({currency: price})))

    assert isinstance(failure_of(coinbase), Uncertain)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(answering(200, rates(currency="ETH")), id="another coin"),
        pytest.param(answering(200, {"data": {"currency": "BTC", "rates": {"USD": "1"}}}), id="no shillings"),
        pytest.param(answering(200, {"data": {"currency": "BTC", "rates": []}}), id="no rates"),
        pytest.param(answering(200, {"data": None}), id="no data"),
        pytest.param(answering(200, []), id="a list"),
        pytest.param(answering_html(200), id="HTML"),
        pytest.param(answering_html(503), id="HTML 503"),
        pytest.param(answering(500, rates()), id="500 with rates"),
        pytest.param(cutting_the_connection, id="cut"),
        pytest.param(answering_after(1.0), id="slow"),
    ],
)
def test_any_other_answer_is_uncertain(server: OddServer, coinbase: CoinbaseRates, reply: Reply) -> None:
    server.answer(reply)

    assert isinstance(failure_of(coinbase), Uncertain)


@pytest.mark.parametrize(("status", "code", "is_curable"), [(429, "quota", True), (403, "permission", False)])
def test_a_documented_no_is_a_rejection(
    server: OddServer, coinbase: CoinbaseRates, status: int, code: str, is_curable: bool
) -> None:
    server.answer(answering(status, {"errors": []}))

    failure = failure_of(coinbase)

    assert isinstance(failure, Rejected)
    assert (failure.code, failure.is_curable) == (code, is_curable)


def test_a_refused_connection_is_not_sent(server: OddServer) -> None:
    with OddServer() as gone:
        url = gone.url

    assert isinstance(failure_of(CoinbaseRates(url=url)), NotSent)
