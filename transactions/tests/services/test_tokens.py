"""One token for all processes: renewed once, however many find it stale, and under no lock of the database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from django.db import connection, connections

from transactions.models import ProviderToken
from transactions.providers.base import NotSent
from transactions.providers.payout.mpesa.tokens import FetchedToken
from transactions.providers.tokens import StoredTokens

pytestmark = pytest.mark.usefixtures("committed_db")


class Gateway:
    """Hands out tokens; each one ends the one before."""

    def __init__(self) -> None:
        self.handed_out = 0

    def fetch(self) -> FetchedToken:
        assert not connection.in_atomic_block
        sleep(0.05)
        self.handed_out += 1
        return FetchedToken(f"token-{self.handed_out}", 3_600)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    return Gateway()


def _in_threads(work: object, *, count: int = 8) -> list[str]:
    def run(_: int) -> str:
        try:
            return work()  # type: ignore[operator, no-any-return]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_the_first_token_is_fetched_once_by_whoever_comes_first(gateway: Gateway) -> None:
    tokens = _in_threads(lambda: StoredTokens("mpesa").current(gateway.fetch))

    assert (set(tokens), gateway.handed_out) == ({"token-1"}, 1)


def test_a_refused_token_is_replaced_once_however_many_saw_the_refusal(gateway: Gateway) -> None:
    StoredTokens("mpesa").current(gateway.fetch)

    tokens = _in_threads(lambda: StoredTokens("mpesa").renew("token-1", gateway.fetch))

    assert (set(tokens), gateway.handed_out) == ({"token-2"}, 2)


def test_a_token_is_sealed_at_rest(gateway: Gateway) -> None:
    StoredTokens("mpesa").current(gateway.fetch)

    assert b"token-1" not in bytes(ProviderToken.objects.get().value_encrypted)


def test_a_failed_fetch_gives_the_lease_back(gateway: Gateway) -> None:
    def fail() -> FetchedToken:
        raise NotSent("the gateway is away")

    with pytest.raises(NotSent):
        StoredTokens("mpesa").current(fail)

    assert StoredTokens("mpesa").current(gateway.fetch) == "token-1"
