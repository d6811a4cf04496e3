"""What must be in the environment, and what production refuses to start with."""

import os
from collections.abc import Mapping

import pytest

from bitpesa.env import PUBLISHED_FIELD_KEY, Env
from bitpesa.tests.architecture import processes

READ = "from bitpesa import env; env.read()"
START = "import django; django.setup()"

LIVE = {
    "MODE": "live",
    "SECRET_KEY": "a-key-that-somebody-made-themselves-and-that-is-long-enough",
    "FIELD_KEY": "b3duLW93bi1vd24tb3duLW93bi1vd24tb3duLW93bjE=",
    "LOOKUP_KEY": "f" * 64,
    "PUBLIC_URL": "https://pay.bitpesa.example",
    "CALLBACK_URL": "https://in.bitpesa.example",
    "LIVE_URL": "https://live.bitpesa.example",
    "DATABASE_URL": "postgresql://bitpesa:pw@db/bitpesa",
    "REDIS_URL": "redis://:pw@cache/0",
    "LND_URL": "https://lnd.internal:8080",
    "LND_MACAROON": "/run/secrets/lnd.macaroon",
    "LIGHTNING_NETWORK": "bc",
    "MPESA_URL": "https://api.safaricom.co.ke",
    "MPESA_CONSUMER_KEY": "k7Hq",
    "MPESA_CONSUMER_SECRET": "s9Lw",
    "MPESA_INITIATOR": "bitpesa",
    "MPESA_INITIATOR_PASSWORD": "p4Rt",
    "MPESA_CERTIFICATE": "/run/secrets/mpesa.cer",
    "MPESA_SHORTCODE": "600000",
    "RATES_URL": "https://api.coinbase.com",
}


def _faults(changes: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name in Env.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in {**LIVE, **changes}.items():
        monkeypatch.setenv(name, value)
    return Env().faults_in_production()


def test_everything_that_is_missing_is_named_at_once() -> None:
    done = processes.run("-c", READ, environment={})

    required = {name.upper() for name, field in Env.model_fields.items() if field.is_required()}
    assert done.returncode == 1
    assert {name for name in required if f"  {name}: " not in done.stderr} == set()
    assert required == set(LIVE)


def test_a_wrong_value_is_named_and_no_value_is_shown() -> None:
    done = processes.run("-c", READ, environment={**LIVE, "QUOTE_SECONDS": "soon", "MODE": "staging-hunter2"})

    assert "  QUOTE_SECONDS: " in done.stderr
    assert "  MODE: " in done.stderr
    assert [value for value in (LIVE["SECRET_KEY"], "hunter2", "soon") if value in done.stderr] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"FIELD_KEY": "change-me"},
        {"LOOKUP_KEY": ""},
        {"MPESA_INITIATOR_PASSWORD": ""},
        {"LND_URL": "lnd.internal:8080"},
        {"MIN_AMOUNT_KES": "500", "MAX_AMOUNT_KES": "100"},
        {"CLTV_EXPIRY_BLOCKS": "40"},
    ],
)
def test_what_could_not_work_is_refused_at_start(wrong: dict[str, str]) -> None:
    done = processes.run("-c", READ, environment={**LIVE, **wrong})

    assert done.returncode == 1
    assert next(iter(wrong)) in done.stderr.partition("is not complete")[2]


def test_a_live_deployment_with_secrets_of_its_own_starts_without_debug() -> None:
    ask = "from django.conf import settings as s; print(s.DEBUG, s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE)"
    script = f"{START}\n{ask}"

    done = processes.run("-c", script, environment={**LIVE, "DJANGO_SETTINGS_MODULE": "bitpesa.settings.production"})

    assert done.stdout == "False True True\n", done.stderr


def test_production_does_not_start_with_faults_and_names_them_all() -> None:
    faulty = {"SECRET_KEY": "change-me", "PUBLIC_URL": "http://pay.bitpesa.example", "MPESA_URL": "http://127.0.0.1:1"}

    environment = {**LIVE, **faulty, "DJANGO_SETTINGS_MODULE": "bitpesa.settings.production"}
    done = processes.run("-c", START, environment=environment)

    assert done.returncode == 1
    assert [name for name in faulty if name not in done.stderr.partition("not fit for production")[2]] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short-but-its-own"),
        ("SECRET_KEY", "insecure" + "x" * 60),
        ("SECRET_KEY", "django-insecure-" + "x" * 60),
        ("FIELD_KEY", PUBLISHED_FIELD_KEY),
        ("FIELD_KEY", f"{LIVE['FIELD_KEY']},{PUBLISHED_FIELD_KEY}"),
        ("LOOKUP_KEY", "test-0123456789"),
        ("MPESA_CONSUMER_KEY", "sandbox-consumer"),
        ("MPESA_CONSUMER_SECRET", "sandbox-secret"),
        ("PUBLIC_URL", "http://pay.bitpesa.example"),
        ("CALLBACK_URL", "http://in.bitpesa.example"),
        ("LIVE_URL", "http://live.bitpesa.example"),
        ("MPESA_URL", "https://sandbox.safaricom.co.ke"),
        ("MPESA_URL", "https://127.0.0.1:8002"),
        ("MPESA_URL", "http://api.safaricom.co.ke"),
        ("RATES_URL", "https://localhost:8002"),
        ("RATES_URL", "https://0.0.0.0:8002"),
        ("RATES_URL", "https://127.9.9.9:8002"),
        ("SANDBOX_URL", "https://sandbox.example"),
        ("LIGHTNING_NETWORK", "tb"),
    ],
)
def test_production_refuses(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = _faults({name: value}, monkeypatch)

    assert len(faults) == 1
    assert faults[0].startswith(name)


def test_production_has_nothing_against_a_proper_live_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _faults({}, monkeypatch) == []


def test_a_test_deployment_may_have_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = {"MODE": "test", "MPESA_URL": "http://127.0.0.1:8002", "SANDBOX_URL": "http://127.0.0.1:8004"}

    assert _faults(sandbox, monkeypatch) == []


def test_the_test_settings_need_no_environment() -> None:
    done = processes.run("-c", START, environment={"DJANGO_SETTINGS_MODULE": "bitpesa.settings.test"})

    assert done.returncode == 0, done.stderr


def test_no_secret_of_this_process_is_in_the_representation_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LIVE.items():
        monkeypatch.setenv(name, value)

    assert "pw@db" not in repr(Env())
    assert os.environ["SECRET_KEY"] not in repr(Env())
