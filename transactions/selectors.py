"""Reads. `get_` raises, `find_` may be None, `list_` is ordered, `count_` counts."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncHour

from transactions import vault
from transactions.errors import TransactionNotFound
from transactions.lifecycle import ENDED
from transactions.models import (
    ApiClient,
    ApiKey,
    KillSwitch,
    LightningInvoice,
    PayoutAttempt,
    ProviderMessage,
    RateSnapshot,
    StatusQuery,
    Transaction,
    TransactionEvent,
)
from transactions.phone import Msisdn

S = Transaction.Status
_WITH_LEGS = ("recipient", "quote__snapshot", "client", "lightning_invoice")


def get_transaction(transaction_id: UUID, *, client: ApiClient | None = None) -> Transaction:
    """Return one transaction with its legs; of this client only, if one is given. Raises TransactionNotFound."""
    rows = Transaction.objects.select_related(*_WITH_LEGS).prefetch_related("attempts")
    if client:
        rows = rows.filter(client=client)
    try:
        return rows.get(id=transaction_id)
    except Transaction.DoesNotExist:
        raise TransactionNotFound from None


def list_transactions(*, client: ApiClient | None = None, status: str = "") -> QuerySet[Transaction]:
    """Newest first, with everything a list shows."""
    rows = Transaction.objects.select_related(*_WITH_LEGS).prefetch_related("attempts").order_by("-created_at", "-id")
    if client:
        rows = rows.filter(client=client)
    return rows.filter(status=status) if status else rows


def list_events(transaction_id: UUID) -> list[TransactionEvent]:
    """The moves of a transaction, in their order."""
    return list(TransactionEvent.objects.filter(transaction=transaction_id).order_by("id"))


def list_attempts(transaction_id: UUID) -> list[PayoutAttempt]:
    """The attempts to pay out, first to last."""
    return list(PayoutAttempt.objects.filter(transaction=transaction_id).order_by("number"))


def find_attempt_that_may_have_paid(transaction_id: UUID) -> PayoutAttempt | None:
    """The one attempt that is open or succeeded. While there is one, nothing may be given back or sent again."""
    return PayoutAttempt.objects.filter(PayoutAttempt.MAY_HAVE_PAID, transaction=transaction_id).first()


def list_queries(transaction_id: UUID) -> list[StatusQuery]:
    """The questions asked about a transaction's attempts, in their order."""
    return list(
        StatusQuery.objects.filter(attempt__transaction=transaction_id).select_related("attempt").order_by("asked_at")
    )


def list_messages(transaction_id: UUID) -> list[ProviderMessage]:
    """What providers posted about a transaction, in the order it came, without the bytes."""
    mine = Q(attempt__transaction=transaction_id) | Q(query__attempt__transaction=transaction_id)
    return list(
        ProviderMessage.objects.filter(mine).select_related("attempt", "query").defer("body").order_by("received_at")
    )


def find_invoice(transaction_id: UUID) -> LightningInvoice | None:
    """The transaction's invoice, once it is prepared."""
    return LightningInvoice.objects.filter(transaction=transaction_id).first()


def list_awaiting_payment(payment_hashes: Iterable[str]) -> list[tuple[UUID, str]]:
    """Which of these hashes belong to a transaction that waits for sats: (transaction, hash)."""
    return list(
        LightningInvoice.objects.filter(
            payment_hash__in=list(payment_hashes), transaction__status=S.AWAITING_PAYMENT
        ).values_list("transaction_id", "payment_hash")
    )


def find_snapshot(*, at: datetime) -> RateSnapshot | None:
    """The latest price, unless it is stale at this instant."""
    fresh = at - timedelta(seconds=settings.RATE_STALE_SECONDS)
    return RateSnapshot.objects.filter(fetched_at__gte=fresh).order_by("-fetched_at").first()


def find_kill_switch() -> KillSwitch | None:
    """The kill switch, if it is on."""
    return KillSwitch.objects.filter(released_at__isnull=True).first()


def find_api_key(secret: str, *, at: datetime) -> ApiKey | None:
    """The key with this secret, if it is valid now, with its client."""
    valid = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=at))
    return (
        ApiKey.objects.select_related("client")
        .filter(valid, secret_hash=vault.digest(secret), client__is_active=True)
        .first()
    )


def list_unconfirmed(*, at: datetime) -> list[PayoutAttempt]:
    """Successes that rest on a message alone, for some seconds already: those asked about longest ago first."""
    rows = PayoutAttempt.objects.filter(
        outcome=PayoutAttempt.Outcome.SUCCEEDED,
        confirmed_at__isnull=True,
        decided_at__lt=at - timedelta(seconds=5),
    )
    return list(rows.annotate(asked_at=Max("queries__asked_at")).order_by(F("asked_at").asc(nulls_first=True))[:100])


def list_waiting_messages(*, before: datetime) -> list[UUID]:
    """Messages that were kept and not applied by the task that should have."""
    return list(
        ProviderMessage.objects.filter(effect=ProviderMessage.Effect.WAITING, received_at__lt=before)
        .order_by("received_at")
        .values_list("id", flat=True)[:100]
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in a span of time."""

    created: int
    completed: int
    completed_kes: int
    completed_msat: int
    refunded: int
    ended: int


def get_figures(*, since: datetime, until: datetime) -> Figures:
    """Count transactions made in a span, and what became of them."""
    completed = Q(status=S.COMPLETED)
    row = Transaction.objects.filter(created_at__gte=since, created_at__lt=until).aggregate(
        created=Count("id"),
        completed=Count("id", filter=completed),
        completed_kes=Coalesce(Sum("amount_kes", filter=completed), 0),
        completed_msat=Coalesce(Sum("amount_msat", filter=completed), 0),
        refunded=Count("id", filter=Q(status=S.REFUNDED)),
        ended=Count("id", filter=Q(status__in=ENDED)),
    )
    return Figures(**row)


def count_by_status() -> dict[str, int]:
    """How many transactions are in each status that is not an end."""
    rows = Transaction.objects.filter(look_at__isnull=False).values_list("status").annotate(n=Count("id"))
    return dict(rows)


def find_oldest_in(statuses: Iterable[str]) -> datetime | None:
    """When the oldest transaction that is now in one of these statuses was made."""
    row = Transaction.objects.filter(status__in=list(statuses), look_at__isnull=False).order_by("created_at").first()
    return row.created_at if row else None


def list_statuses() -> list[tuple[str, str]]:
    """Every status with the words people see for it, in the order of a payment's life."""
    return [(str(value), str(label)) for value, label in S.choices]


def status_label(status: str) -> str:
    """The words for a status, the same everywhere."""
    return str(S(status).label)


def list_matching(
    *, statuses: Iterable[str] = (), since: datetime | None = None, until: datetime | None = None
) -> QuerySet[Transaction]:
    """Newest first: transactions in any of these statuses (none: all), made in a span, with their recipients."""
    rows = Transaction.objects.select_related("recipient").order_by("-created_at", "-id")
    if wanted := frozenset(statuses):
        rows = rows.filter(status__in=wanted)
        if not wanted & ENDED:
            rows = rows.filter(look_at__isnull=False)
    if since:
        rows = rows.filter(created_at__gte=since)
    return rows.filter(created_at__lt=until) if until else rows


def list_page(
    rows: QuerySet[Transaction], *, after: tuple[datetime, UUID] | None, size: int
) -> tuple[list[Transaction], bool]:
    """Cut a page from rows that are newest first, after this place in them: (page, whether more follow).

    By key, so that the last page costs what the first one does.
    """
    if after:
        created_at, last_id = after
        is_after = Q(created_at__lt=created_at) | Q(id__lt=last_id)
        rows = rows.filter(is_after, created_at__lte=created_at)
    found = list(rows[: size + 1])
    return found[:size], len(found) > size


def find_named(text: str) -> list[UUID]:
    """The newest transactions that somebody may mean by this text: at most 50.

    It may be an id, our reference, the client's, a payment hash, an M-Pesa receipt, or the recipient's number.
    """
    # Each provider and each client by its index; a search over all of them at once would read every row.
    by_receipt = PayoutAttempt.objects.filter(provider__in=list(settings.PAYOUT_PROVIDERS), receipt=text.upper())
    by_hash = LightningInvoice.objects.filter(payment_hash=text.lower()).values("transaction")
    ways = [
        Q(reference=text.upper()),
        Q(client__in=ApiClient.objects.values("id"), client_reference=text),
        Q(id__in=by_receipt.values("transaction")),
        Q(id__in=by_hash),
    ]
    with suppress(ValueError):
        ways.append(Q(id=UUID(text)))
    with suppress(ValueError):
        ways.append(Q(recipient__msisdn_hash=vault.keyed_hash(Msisdn.parse(text).value)))
    newest = Transaction.objects.order_by("-created_at").values_list("id", "created_at")
    first, *others = (newest.filter(way)[:50] for way in ways)
    return [row[0] for row in first.union(*others).order_by("-created_at")[:50]]


@dataclass(frozen=True, slots=True)
class Hour:
    """What was paid out of the transactions made in one hour."""

    starts_at: datetime
    completed: int
    completed_kes: int


def list_hours(*, since: datetime, until: datetime) -> list[Hour]:
    """Count what was paid out, by the hour in which it was asked for; hours without any are left out."""
    rows = (
        Transaction.objects.filter(created_at__gte=since, created_at__lt=until, status=S.COMPLETED)
        .annotate(hour=TruncHour("created_at"))
        .values("hour")
        .annotate(completed=Count("id"), completed_kes=Sum("amount_kes"))
        .order_by("hour")
    )
    return [Hour(row["hour"], row["completed"], row["completed_kes"]) for row in rows]


def find_reason_of_refund(transaction_id: UUID) -> str:
    """Why the sats of a transaction go back: the code of the move that decided it; empty if they do not."""
    moves = TransactionEvent.objects.filter(transaction=transaction_id, to_status__in=[S.PAYOUT_FAILED, S.REFUNDING])
    event = moves.order_by("-id").first()
    return event.reason if event else ""


def get_status(transaction_id: UUID) -> str:
    """The status a transaction is in, and nothing else of it: for who looks often."""
    return Transaction.objects.values_list("status", flat=True).get(id=transaction_id)


def find_api_key_of_any_state(secret: str) -> ApiKey | None:
    """The key with this secret, valid or not: to say why it is refused."""
    return ApiKey.objects.select_related("client").filter(secret_hash=vault.digest(secret)).first()


def find_oldest_overdue(*, at: datetime) -> datetime | None:
    """When the row that has waited longest for somebody to look at it should have been looked at."""
    return Transaction.objects.filter(look_at__lte=at).order_by("look_at").values_list("look_at", flat=True).first()


def find_last_price_at() -> datetime | None:
    """When the price was last read, however long ago."""
    return RateSnapshot.objects.order_by("-fetched_at").values_list("fetched_at", flat=True).first()


def find_paid_at(transaction_id: UUID) -> datetime | None:
    """When the sats of a transaction were held."""
    return Transaction.objects.values_list("paid_at", flat=True).get(id=transaction_id)


def count_waiting_messages() -> int:
    """How many messages of providers are kept and not applied yet."""
    return ProviderMessage.objects.filter(effect=ProviderMessage.Effect.WAITING).count()
