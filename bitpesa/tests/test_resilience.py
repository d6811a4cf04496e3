"""The shared breaker: its state must never replace the outcome of a call."""

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from django.conf import settings
from redis import Redis

from bitpesa.infrastructure.resilience import SharedBreaker


class Down(Exception):
    """The provider is away."""


class No(Exception):
    """The provider said no."""


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture
def name() -> str:
    return f"test-{uuid4().hex}"


def _breaker(name: str, url: str = "", *, fail_max: int = 2) -> SharedBreaker:
    return SharedBreaker(
        name,
        redis_url=url or settings.REDIS_URL,
        is_answer=lambda error: isinstance(error, No),
        fail_max=fail_max,
        reset_timeout_seconds=0,
    )


def _raise(error: Exception) -> None:
    raise error


def test_failures_in_a_row_open_it_for_every_process(name: str) -> None:
    ours, theirs = _breaker(name), _breaker(name)
    for _ in range(2):
        with pytest.raises(Down):
            ours.call(_raise, Down())

    assert (ours.is_closed, theirs.is_closed) == (False, False)


def test_a_business_no_is_an_answer(name: str) -> None:
    breaker = _breaker(name)
    for _ in range(5):
        with pytest.raises(No):
            breaker.call(_raise, No())

    assert breaker.is_closed


def test_a_success_between_failures_starts_the_count_anew(name: str) -> None:
    breaker = _breaker(name)
    for _ in range(3):
        with pytest.raises(Down):
            breaker.call(_raise, Down())
        breaker.call(str)

    assert breaker.is_closed


def test_only_a_probe_closes_it(name: str) -> None:
    breaker = _breaker(name)
    breaker.force_open()
    assert breaker.may_probe

    with pytest.raises(Down):
        breaker.probe(lambda: _raise(Down()))
    assert not breaker.is_closed

    breaker.probe(lambda: None)
    assert breaker.is_closed


def test_without_redis_it_is_closed_and_outcomes_come_through(name: str) -> None:
    breaker = _breaker(name, "redis://127.0.0.1:1/0")

    assert breaker.call(lambda: "paid") == "paid"
    with pytest.raises(Down):
        breaker.call(_raise, Down())
    assert breaker.is_closed


def test_a_redis_that_forgets_everything_loses_no_outcome(name: str, redis: Redis) -> None:
    breaker = _breaker(name)
    breaker.call(str)
    redis.delete(*redis.keys(f"{name}*"))

    assert breaker.call(lambda: "paid") == "paid"


@pytest.fixture
def fading_url(redis: Redis) -> Iterator[str]:
    """The address of a user who may write until `_forbid_writing`, as before and after a failover to a replica."""
    redis.acl_setuser("fading", enabled=True, passwords=["+fading"], keys=["*"], categories=["+@all"])
    parts = urlsplit(settings.REDIS_URL)
    yield urlunsplit(parts._replace(netloc=f"fading:fading@{parts.hostname}:{parts.port}"))
    redis.acl_deluser("fading")


def _forbid_writing(redis: Redis) -> None:
    redis.acl_setuser("fading", categories=["-@write"])


@pytest.mark.parametrize("is_open", [True, False])
def test_a_redis_that_writes_no_more_loses_no_outcome(name: str, redis: Redis, fading_url: str, is_open: bool) -> None:
    breaker = _breaker(name, fading_url)
    breaker.call(str)
    if is_open:
        breaker.force_open()
    _forbid_writing(redis)
    redis.delete(*([] if is_open else redis.keys(f"{name}*")) or [f"{name}-nothing"])

    assert breaker.call(lambda: "paid") == "paid"
    with pytest.raises(Down):
        breaker.call(_raise, Down())
    with pytest.raises(Down):
        breaker.probe(lambda: _raise(Down()))
