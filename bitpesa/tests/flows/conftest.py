"""Journeys: production adapters, over HTTP, against the sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from redis import Redis

from bitpesa.tests.flows.world import World
from bitpesa.tests.live_server import live_url
from bitpesa.tests.sandbox_process import SandboxProcess
from transactions.providers import registry

__all__ = ["live_url"]

#: how long an answer may take; what hangs in these tests, hangs longer
REPLY_SECONDS = 2.0


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """One sandbox for all journeys of this process."""
    state: Path = tmp_path_factory.mktemp("sandbox")
    with SandboxProcess(state, payout_seconds=0) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> Iterator[SandboxProcess]:
    """The sandbox with empty books, and the settings that lead to it."""
    sandbox_process.admin.reset()
    kept = settings.LIGHTNING_PROVIDERS, settings.PAYOUT_PROVIDERS, settings.RATE_PROVIDERS
    lnd = {
        "url": sandbox_process.lnd_url,
        "certificate_path": sandbox_process.certificate_path,
        "macaroon_path": sandbox_process.state_path / "lnd.macaroon",
        "timeout_seconds": REPLY_SECONDS,
    }
    mpesa = settings.PAYOUT_PROVIDERS["mpesa"]["OPTIONS"] | {
        "url": sandbox_process.daraja_url,
        "certificate_path": sandbox_process.state_path / "mpesa.cer",
        "timeout_seconds": REPLY_SECONDS,
    }
    settings.LIGHTNING_PROVIDERS = {"lnd": settings.LIGHTNING_PROVIDERS["lnd"] | {"OPTIONS": lnd}}
    settings.PAYOUT_PROVIDERS = {"mpesa": settings.PAYOUT_PROVIDERS["mpesa"] | {"OPTIONS": mpesa}}
    settings.RATE_PROVIDERS = {
        "coinbase": settings.RATE_PROVIDERS["coinbase"] | {"OPTIONS": {"url": sandbox_process.daraja_url}}
    }
    Redis.from_url(settings.REDIS_URL).flushdb()
    registry.forget()
    yield sandbox_process
    settings.LIGHTNING_PROVIDERS, settings.PAYOUT_PROVIDERS, settings.RATE_PROVIDERS = kept
    registry.forget()


@pytest.fixture
def world(sandbox: SandboxProcess, live_url: str) -> World:
    """A bridge whose only helper is the sweeper."""
    return World(sandbox)
