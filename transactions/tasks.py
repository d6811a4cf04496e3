"""Celery entry points. A task makes a step happen sooner; whether it happens does not depend on it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from transactions.services import idempotency, quotes, steps


def _step(name: str) -> None:
    @shared_task(name=name)
    def run(*, subject_id: str, **_: Any) -> None:
        with bound_contextvars(actor="worker"):
            steps.STEPS[name](UUID(subject_id), at=timezone.now())


def _chore(name: str, do: Callable[..., object]) -> None:
    @shared_task(name=name)
    def run(**_: Any) -> None:
        with bound_contextvars(actor="beat"):
            do(at=timezone.now())


for _name in steps.STEPS:
    _step(_name)
_chore("transactions.refresh_rates", quotes.refresh)
_chore("transactions.forget_expired_keys", idempotency.forget_expired)
