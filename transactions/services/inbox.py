"""Messages from outside: kept as they came, answered, then applied. What fits nothing is evidence, never applied."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from structlog.contextvars import bound_contextvars

from transactions import dispatch, lifecycle, selectors, vault
from transactions.models import PayoutAttempt, ProviderMessage, StatusQuery
from transactions.providers import registry
from transactions.providers.payout.base import UnreadableMessage
from transactions.services import evidence, incidents

log = structlog.get_logger(__name__)
Effect = ProviderMessage.Effect

PROCESS = "transactions.process_message"
#: a message that no task has applied by then is applied by the sweeper
TASK_HAS = timedelta(seconds=3)
#: of a stranger's bytes no more than this is kept
STRANGER_BYTES = 4_096


def receive(secret: str, body: bytes, *, remote_address: str | None, at: datetime) -> ProviderMessage:
    """Keep a message that was posted to one of our URLs. Only the URL says what it is about."""
    url_hash = vault.digest(secret)
    attempt = PayoutAttempt.objects.filter(url_hash=url_hash).first()
    query = None if attempt else StatusQuery.objects.select_related("attempt").filter(url_hash=url_hash).first()
    bound_to = query.attempt if query else attempt
    if bound_to is None:
        return _keep_stranger(body, remote_address=remote_address, at=at)
    message = ProviderMessage.objects.create(
        provider=bound_to.provider,
        attempt=attempt,
        query=query,
        body=registry.payout_messages(bound_to.provider).redact(body),
        remote_address=remote_address,
        received_at=at,
    )
    dispatch.send(PROCESS, message.id)
    return message


def _keep_stranger(body: bytes, *, remote_address: str | None, at: datetime) -> ProviderMessage:
    """Keep what fits nothing, without its credentials, and say so."""
    for name in registry.payout_names():
        body = registry.payout_messages(name).redact(body)
    incidents.open_for(None, "message_from_stranger", bytes=len(body))
    return ProviderMessage.objects.create(
        provider="",
        body=body[:STRANGER_BYTES],
        remote_address=remote_address,
        received_at=at,
        applied_at=at,
        effect=Effect.STRANGER,
    )


def process(message_id: UUID, *, at: datetime) -> None:
    """Apply a kept message, once. Repeats of the message, and of this call, change nothing."""
    with transaction.atomic():
        known = ProviderMessage.objects.select_related("query").get(id=message_id)
        attempt_id = known.query.attempt_id if known.query else known.attempt_id
        if attempt_id is None:
            return
        # The transaction first, then the message: whoever else applies it waits here.
        row, attempt = lifecycle.locked_with_attempt(attempt_id)
        message = ProviderMessage.objects.select_for_update(no_key=True).get(id=message_id)
        if message.effect != Effect.WAITING:
            return
        provider = registry.payout_messages(message.provider)
        try:
            if known.query:
                report = provider.parse_answer(bytes(message.body))
                message.effect = evidence.weigh_answer(known.query, attempt, row, report, at=at)
            else:
                report = provider.parse_result(bytes(message.body))
                message.effect = evidence.weigh_result(attempt, row, report, at=at)
            message.note = f"{report.code} {report.description}"[:200]
        except UnreadableMessage as error:
            message.effect, message.note = Effect.UNREADABLE, str(error)[:200]
            incidents.open_for(row.id, "message_unreadable")
        message.applied_at = at
        message.save(update_fields=["effect", "note", "applied_at"])


def process_waiting(*, at: datetime) -> int:
    """Apply what no task has applied; returns how many there were."""
    waiting = selectors.list_waiting_messages(before=at - TASK_HAS)
    for message_id in waiting:
        try:
            with bound_contextvars(actor="sweeper"):
                process(message_id, at=at)
        except Exception:
            # One that cannot be applied must not keep the others waiting; it stays, and is tried again.
            log.exception("message_not_applied", message=str(message_id))
    return len(waiting)
