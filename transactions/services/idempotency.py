"""A request that is repeated is answered again, not done again.

The record of a key, the work and the answer are one commit: nothing can lose one and keep the other. A duplicate waits
for the first on the unique index. Only keyed hashes of the fields are kept, so that a record names nobody.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from transactions import vault
from transactions.errors import IdempotencyKeyBusy, IdempotencyKeyReused
from transactions.models import ApiClient, IdempotencyRecord

KEPT_FOR = timedelta(days=30)
_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '3s'"

# A key that has expired is taken over as if it were new. The work that follows waits for locks as it always does.
_CLAIM = """
    INSERT INTO idempotency_records AS record
        (client_id, key, operation, field_hashes, response_location, response_body, created_at, expires_at)
    VALUES (%(client)s, %(key)s, %(operation)s, %(hashes)s, '', '', %(at)s, %(until)s)
    ON CONFLICT (client_id, key) DO UPDATE SET
        operation = excluded.operation, field_hashes = excluded.field_hashes,
        created_at = excluded.created_at, expires_at = excluded.expires_at
    WHERE record.expires_at <= excluded.created_at
    RETURNING id, set_config('lock_timeout', '0', true)
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to a request, to the byte."""

    status: int
    location: str
    body: bytes
    is_replayed: bool = False


def once(
    *,
    client: ApiClient,
    key: str,
    operation: str,
    fields: Mapping[str, Any],
    at: datetime,
    work: Callable[[], Answer],
) -> Answer:
    """Do the work and keep its answer, or give the answer that this key was given before.

    `fields` is what the client asked for; nested mappings are compared field by field. `work` only writes to the
    database; whatever it raises undoes everything and releases the key.

    Raises IdempotencyKeyReused if other fields came with this key: use a new one. Raises IdempotencyKeyBusy if the
    first request is still at work after three seconds: repeat the request.
    """
    hashes = _hashes(key, fields)
    with transaction.atomic():
        record_id = _claim(client, key, operation, hashes, at=at)
        if record_id is None:
            return _replay(client, key, operation, hashes)
        answer = work()
        IdempotencyRecord.objects.filter(id=record_id).update(
            response_status=answer.status, response_location=answer.location, response_body=answer.body
        )
    return answer


def forget_expired(*, at: datetime) -> int:
    """Delete some thousands of the records whose time is over; returns how many."""
    due = IdempotencyRecord.objects.filter(expires_at__lte=at).order_by("expires_at").values("id")[:5_000]
    count, _ = IdempotencyRecord.objects.filter(id__in=due).delete()
    return count


def _claim(client: ApiClient, key: str, operation: str, hashes: dict[str, str], *, at: datetime) -> int | None:
    """Take the key for this database transaction; None if it has an answer already. Waits for whoever has it."""
    values: dict[str, Any] = {
        "client": client.id,
        "key": key,
        "operation": operation,
        "hashes": json.dumps(hashes),
        "at": at,
        "until": at + KEPT_FOR,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_TIMEOUT)
        try:
            cursor.execute(_CLAIM, values)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise IdempotencyKeyBusy from None
            raise
        row = cursor.fetchone()
    return row[0] if row else None


def _replay(client: ApiClient, key: str, operation: str, hashes: dict[str, str]) -> Answer:
    record = IdempotencyRecord.objects.get(client=client, key=key)
    differing = _differing(record.field_hashes, hashes)
    if record.operation != operation:
        differing.insert(0, "operation")
    if differing:
        raise IdempotencyKeyReused(differing)
    if record.response_status is None:
        raise RuntimeError(f"idempotency record {record.id} was committed without an answer")
    answer = Answer(record.response_status, record.response_location, bytes(record.response_body))
    return replace(answer, is_replayed=True)


def _differing(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    return sorted(name for name in {*first, *second} if first.get(name) != second.get(name))


def _hashes(key: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """Hash each field with its key and name, so that equal values in two records do not show."""
    return {name: vault.keyed_hash(f"{key}\n{name}\n{json.dumps(value)}") for name, value in _flat(fields)}


def _flat(fields: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
