"""Tests and linters: complete without an environment. Real servers are named by the test plugin."""

import os

from bitpesa.env import PUBLISHED_FIELD_KEY

for _name, _value in {
    "MODE": "test",
    "SECRET_KEY": "test-secret-key-of-at-least-fifty-characters-0123456789",
    "FIELD_KEY": PUBLISHED_FIELD_KEY,
    "LOOKUP_KEY": "test-" + "00" * 30,
    "PUBLIC_URL": "http://testserver",
    "CALLBACK_URL": "http://testserver",
    "LIVE_URL": "http://127.0.0.1:1",
    "DATABASE_URL": "postgresql://bitpesa@127.0.0.1:1/bitpesa",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "LND_URL": "https://127.0.0.1:1",
    "LND_MACAROON": os.devnull,
    "LIGHTNING_NETWORK": "bcrt",
    "MPESA_URL": "http://127.0.0.1:1",
    "MPESA_CONSUMER_KEY": "sandbox-consumer",
    "MPESA_CONSUMER_SECRET": "sandbox-secret",
    "MPESA_INITIATOR": "testapi",
    "MPESA_INITIATOR_PASSWORD": "Sandbox#2026",
    "MPESA_CERTIFICATE": os.devnull,
    "MPESA_SHORTCODE": "600000",
    "RATES_URL": "http://127.0.0.1:1",
}.items():
    os.environ.setdefault(_name, _value)

# Each of pytest-xdist's workers has a Redis database of its own.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
os.environ["REDIS_URL"] = os.environ["REDIS_URL"].rpartition("/")[0] + f"/{_worker + 1}"

from bitpesa.settings.base import *  # noqa: E402, F403
from bitpesa.settings.local import STORAGES as STORAGES  # noqa: E402

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
# Tests run without workers: what a task would do, they do themselves, or the sweeper does.
CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
