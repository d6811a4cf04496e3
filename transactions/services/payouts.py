"""Money out: check, commit the attempt, send once, record how the send ended.

What a send came to is decided by where it failed. Unknown is not failed: it is asked about, never sent again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import sleep
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from transactions import lifecycle, selectors, transaction_types, vault
from transactions.models import PayoutAttempt, StatusQuery, Transaction
from transactions.providers import registry
from transactions.providers.base import NotSent, ProviderError, Rejected, Uncertain
from transactions.providers.lightning.base import InvoiceState
from transactions.providers.payout.base import PayoutOrder
from transactions.services import callback_urls, deadline, incidents, invoices, queries, quotes

log = structlog.get_logger(__name__)
S = Transaction.Status
Outcome = PayoutAttempt.Outcome

MAY_SUBMIT = (S.PAID, S.PAYOUT_DEFERRED)
RETRY_DEFERRED = timedelta(seconds=5)
RETRY_AT_LEAST_EVERY = timedelta(minutes=1)
RECORD_AGAIN_SECONDS = (0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class Defer:
    """Not now: why, in a short code."""

    reason: str


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Not at all: the payer gets the sats back."""

    reason: str


def submit(transaction_id: UUID, *, at: datetime) -> None:
    """Pay out, if everything still allows it; otherwise wait, or give the sats back.

    The checks read the world without any lock. The commit of the attempt reads the row again under its lock, and the
    sender looks at the clock last thing before connecting: a process that was stopped in between sends nothing stale.
    """
    row = selectors.get_transaction(transaction_id)
    if row.status not in MAY_SUBMIT:
        return
    attempts_seen = len(row.attempts.all())
    if stop := _why_not(row, at=at):
        _hold_back(transaction_id, stop, at=at)
        return
    made = _commit_attempt(transaction_id, attempts_seen=attempts_seen, at=at)
    if made:
        _send(*made, at=at)


def _send(attempt: PayoutAttempt, order: PayoutOrder, *, at: datetime) -> None:
    """Send a committed attempt, once, and record what became of it."""
    try:
        accepted = registry.breaker(attempt.provider).call(registry.payouts(attempt.provider).submit, order)
    except NotSent as error:
        _surely(partial(record_not_sent, attempt.id, error, at=at))
    except Rejected as error:
        _surely(partial(record_rejected, attempt.id, error, at=at))
    except Uncertain as error:
        _surely(partial(record_uncertain, attempt.id, code=error.code or "uncertain", at=at))
    else:
        _surely(partial(record_accepted, attempt.id, provider_id=accepted.provider_id, at=at))


def _surely(record: Callable[[], None]) -> None:
    """Record an outcome though the database be away for some seconds: a certain "not sent" cannot be learnt again."""
    for pause_seconds in RECORD_AGAIN_SECONDS:
        try:
            record()
        except (OperationalError, InterfaceError):
            log.warning("outcome_not_recorded_yet", pause_seconds=pause_seconds)
            connection.close()
            sleep(pause_seconds)
        else:
            return
    record()


def _why_not(row: Transaction, *, at: datetime) -> Defer | GiveBack | None:
    """Read back everything a submit rests on. None if it may go ahead."""
    if row.pay_by_at is None or at >= row.pay_by_at:
        return GiveBack("pay_by_passed")
    if selectors.find_kill_switch():
        return Defer("kill_switch")
    name = transaction_types.get(row.type).payout_provider
    try:
        registry.payouts(name)
    except (OSError, ValueError) as error:
        incidents.open_for(row.id, "provider_misconfigured", why=f"{name}: {type(error).__name__}")
        return Defer("provider_misconfigured")
    if not registry.breaker(name).is_closed:
        return Defer("breaker_open")
    holds = quotes.still_holds(row.quote, at=at)
    if holds is None:
        return Defer("price_unknown")
    if not holds:
        return GiveBack("price_moved")
    return _why_not_by_node(row) or _why_not_by_last_attempt(row, at=at)


def _why_not_by_node(row: Transaction) -> Defer | GiveBack | None:
    invoice = row.lightning_invoice
    try:
        reading = invoices.read(invoice)
        if reading.state != InvoiceState.HELD:
            return GiveBack("sats_not_held")
        if deadline.is_near(invoice.provider, reading.expiry_height):
            return GiveBack("deadline")
    except ProviderError as error:
        log.warning("node_unread", transaction=str(row.id), outcome=error.outcome, why=str(error))
        return Defer("node_unreachable")
    return None


def _why_not_by_last_attempt(row: Transaction, *, at: datetime) -> Defer | None:
    """After a refusal by the gateway alone: ask once whether that attempt is known after all."""
    last = row.attempts.order_by("-number").first()
    if last is None or not last.is_gateway_refusal:
        return None
    if not StatusQuery.objects.filter(attempt=last, answer__in=StatusQuery.LETS_GO).exists():
        queries.ask_if_due(last, at=at)
        return Defer("asking_about_last_attempt")
    return None


def _hold_back(transaction_id: UUID, stop: Defer | GiveBack, *, at: datetime) -> None:
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        if row.status not in MAY_SUBMIT:
            return
        if isinstance(stop, GiveBack):
            lifecycle.advance(row, S.REFUNDING, at=at, reason=stop.reason)
        elif row.status == S.PAID:
            lifecycle.advance(row, S.PAYOUT_DEFERRED, at=at, reason=stop.reason)
        else:
            invoices.look_again(row, at=at, after=_pause(row.attempts.count()))


def _pause(attempts: int) -> timedelta:
    """How long to wait before trying again: longer after each attempt."""
    return min(RETRY_DEFERRED * (1 << min(attempts, 10)), RETRY_AT_LEAST_EVERY)


def _commit_attempt(
    transaction_id: UUID, *, attempts_seen: int, at: datetime
) -> tuple[PayoutAttempt, PayoutOrder] | None:
    """Commit the attempt before it is sent; None if somebody was faster, or the row must not be paid any more.

    The checks were made with so many attempts in sight: one that came and went meanwhile has to be checked anew.
    """
    secret = vault.new_url_secret()
    with transaction.atomic():
        row = lifecycle.locked(transaction_id)
        if row.status not in MAY_SUBMIT or row.cancel_intended_at or row.settled_early_at:
            return None
        if selectors.find_attempt_that_may_have_paid(transaction_id):
            return None
        if row.attempts.count() != attempts_seen:
            return None
        number = attempts_seen + 1
        attempt = PayoutAttempt.objects.create(
            transaction=row,
            number=number,
            provider=transaction_types.get(row.type).payout_provider,
            reference=f"{row.id.hex}-{number}",
            amount_kes=row.amount_kes,
            url_hash=vault.digest(secret),
            send_before=at + timedelta(seconds=settings.SEND_WITHIN_SECONDS),
            created_at=at,
        )
        lifecycle.advance(row, S.PAYOUT_SUBMITTING, at=at, reason="payout_sent")
        order = PayoutOrder(
            reference=attempt.reference,
            amount_kes=attempt.amount_kes,
            msisdn=row.recipient.msisdn,
            remarks=row.reference,
            result_url=callback_urls.result(secret),
            timeout_url=callback_urls.timeout(secret),
            send_before=attempt.send_before,
        )
    return attempt, order


def record_accepted(attempt_id: UUID, *, provider_id: str, at: datetime) -> None:
    """Queued, not paid. A result may have come before this answer: then it stands."""
    with transaction.atomic():
        row, attempt = lifecycle.locked_with_attempt(attempt_id)
        attempt.provider_id = provider_id[:60]
        attempt.save(update_fields=["provider_id"])
        if row.status == S.PAYOUT_SUBMITTING and attempt.outcome == Outcome.OPEN:
            lifecycle.advance(row, S.PAYOUT_PENDING, at=at, reason="payout_accepted")


def record_uncertain(attempt_id: UUID, *, code: str, at: datetime) -> None:
    """Nobody knows whether it arrived. The attempt stays open until evidence decides it."""
    with transaction.atomic():
        row, attempt = lifecycle.locked_with_attempt(attempt_id)
        if attempt.outcome != Outcome.OPEN:
            return
        attempt.code = code[:40]
        attempt.save(update_fields=["code"])
        if row.status == S.PAYOUT_SUBMITTING:
            lifecycle.advance(row, S.PAYOUT_UNCERTAIN, at=at, reason="no_clear_reply")


def record_not_sent(attempt_id: UUID, error: NotSent, *, at: datetime) -> None:
    """It certainly never left: a later attempt may."""
    with transaction.atomic():
        row, attempt = lifecycle.locked_with_attempt(attempt_id)
        decide_unpaid(attempt, row, Outcome.NOT_SENT, code=error.code or "not_sent", is_curable=True, at=at)


def record_rejected(attempt_id: UUID, error: Rejected, *, at: datetime) -> None:
    """It was certainly refused, at once."""
    with transaction.atomic():
        row, attempt = lifecycle.locked_with_attempt(attempt_id)
        attempt.is_gateway_refusal = error.is_gateway
        decide_unpaid(attempt, row, Outcome.REJECTED, code=error.code, is_curable=error.is_curable, at=at)


def decide_unpaid(
    attempt: PayoutAttempt, row: Transaction, outcome: str, *, code: str, is_curable: bool, at: datetime
) -> None:
    """Decide an open attempt as certainly not paid, and move a locked row on, in one commit.

    Elsewhere than in a payout (under review, say) only the attempt is decided.
    """
    if attempt.outcome != Outcome.OPEN:
        return
    attempt.outcome, attempt.code, attempt.is_curable, attempt.decided_at = outcome, code[:40], is_curable, at
    attempt.save(update_fields=["outcome", "code", "is_curable", "is_gateway_refusal", "decided_at"])
    if row.status not in lifecycle.IN_PAYOUT:
        return
    may_go_again = is_curable and row.settled_early_at is None
    if may_go_again:
        look_at = at + _pause(attempt.number)
        lifecycle.advance(row, S.PAYOUT_DEFERRED, at=at, reason=f"payout_{outcome}", look_at=look_at)
    else:
        lifecycle.advance(row, S.PAYOUT_FAILED, at=at, reason=f"payout_{outcome}")


def recover(transaction_id: UUID, *, at: datetime) -> None:
    """A send that nobody finished: its process is gone, or slow. Nobody knows; ask."""
    attempt = selectors.find_attempt_that_may_have_paid(transaction_id)
    if attempt:
        record_uncertain(attempt.id, code="sender_silent", at=at)


def probe(*, at: datetime) -> None:
    """Try something harmless at each provider whose breaker has been open for long enough."""
    for name in registry.payout_names():
        breaker = registry.breaker(name)
        if not breaker.may_probe:
            continue
        try:
            breaker.probe(registry.payouts(name).probe)
        except ProviderError as error:
            log.warning("probe_failed", provider=name, outcome=error.outcome, at=at.isoformat())
        else:
            log.info("breaker_closed", provider=name)
