"""The simulated price feed."""

import pytest

from bitpesa.sandbox.client import SandboxRefused


def quoted(daraja):
    return daraja.http.get("/v2/exchange-rates", params={"currency": "BTC"})


def test_prices_are_strings_in_coinbases_shape(daraja):
    data = quoted(daraja).json()["data"]

    assert data["currency"] == "BTC"
    assert (data["rates"]["KES"], data["rates"]["USD"]) == ("12480000.00", "96000.00")


def test_a_price_can_be_set(daraja, admin):
    admin.set_rate("13000000.5")

    assert quoted(daraja).json()["data"]["rates"] == {"BTC": "1.0", "KES": "13000000.50", "USD": "100000.00"}


def test_a_stale_price_stays_where_it_was(daraja, admin):
    admin.set_rate("13000000", mode="stale")
    assert quoted(daraja).json()["data"]["rates"]["KES"] == "12480000.00"

    admin.set_rate(mode="ok")
    assert quoted(daraja).json()["data"]["rates"]["KES"] == "13000000.00"


@pytest.mark.parametrize(
    ("mode", "status", "content_type"), [("html", 503, "text/html"), ("500", 500, "application/json")]
)
def test_a_feed_can_be_broken(daraja, admin, mode, status, content_type):
    admin.set_rate(mode=mode)

    response = quoted(daraja)

    assert (response.status_code, response.headers["content-type"]) == (status, content_type)


def test_only_bitcoin_is_priced(daraja):
    assert daraja.http.get("/v2/exchange-rates").status_code == 400


@pytest.mark.parametrize("wrong", [{"kes_per_btc": "dear"}, {"mode": "off"}])
def test_nonsense_is_refused(admin, wrong):
    with pytest.raises(SandboxRefused):
        admin.set_rate(**wrong)
