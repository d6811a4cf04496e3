"""Which providers there are: name → class and options, as Django does for caches. Read by `providers.registry` only."""

from typing import Any

from bitpesa import env

_ENV = env.read()

LIGHTNING_NETWORK = _ENV.lightning_network

LIGHTNING_PROVIDERS: dict[str, dict[str, Any]] = {
    "lnd": {
        "CLASS": "transactions.providers.lightning.lnd.LndBackend",
        "OPTIONS": {"url": _ENV.lnd_url, "certificate_path": _ENV.lnd_certificate, "macaroon_path": _ENV.lnd_macaroon},
    },
}
LIGHTNING_PROVIDER = "lnd"

PAYOUT_PROVIDERS: dict[str, dict[str, Any]] = {
    "mpesa": {
        "CLASS": "transactions.providers.payout.mpesa.provider.MpesaPayouts",
        "OPTIONS": {
            "url": _ENV.mpesa_url,
            "consumer_key": _ENV.mpesa_consumer_key.get_secret_value(),
            "consumer_secret": _ENV.mpesa_consumer_secret.get_secret_value(),
            "initiator": _ENV.mpesa_initiator,
            "initiator_password": _ENV.mpesa_initiator_password.get_secret_value(),
            "certificate_path": _ENV.mpesa_certificate,
            "shortcode": _ENV.mpesa_shortcode,
        },
    },
}

RATE_PROVIDERS: dict[str, dict[str, Any]] = {
    "coinbase": {
        "CLASS": "transactions.providers.rates.coinbase.CoinbaseRates",
        "OPTIONS": {"url": _ENV.rates_url},
    },
}
