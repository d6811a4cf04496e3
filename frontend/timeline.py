"""Everything that happened to a transaction, from all its tables, in the order of time."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from frontend import statuses, times, words
from transactions import selectors

_EFFECTS = {
    "waiting": "kept, not applied yet",
    "applied": "applied",
    "noted": "noted: it decides nothing by itself",
    "contradiction": "it contradicts what is recorded",
    "stranger": "bound to nothing of ours",
    "unreadable": "no message of this provider",
}
#: what is known of an attempt
OUTCOMES = {
    "open": "not known yet",
    "succeeded": "paid",
    "failed": "certainly not paid",
    "rejected": "refused",
    "not_sent": "never left",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. A move has a colour; what led to it has none."""

    at: datetime
    title: str
    detail: str = ""
    colour: str = ""
    by: str = ""
    request_id: str = ""
    gap: str = ""

    @property
    def words(self) -> str:
        """Why, how long after what came before, and by whom."""
        return " · ".join(filter(None, [self.detail, self.gap, self.by and f"by {self.by}"]))


def of(transaction_id: UUID) -> list[Entry]:
    """Merge moves, attempts, questions and messages. Four reads, whatever their number."""
    entries = [*_moves(transaction_id), *_attempts(transaction_id), *_questions(transaction_id)]
    entries += _messages(transaction_id)
    entries.sort(key=lambda entry: entry.at)
    return _with_gaps(entries)


def _with_gaps(entries: list[Entry]) -> list[Entry]:
    gaps = [later.at - earlier.at for earlier, later in pairwise(entries)]
    return entries[:1] + [
        replace(entry, gap=_gap(gap)) if gap >= timedelta(milliseconds=50) else entry
        for entry, gap in zip(entries[1:], gaps, strict=True)
    ]


def _gap(gap: timedelta) -> str:
    return f"+{gap.total_seconds():.1f} s" if gap < timedelta(minutes=1) else f"+{times.span(gap)}"


def _moves(transaction_id: UUID) -> list[Entry]:
    return [
        Entry(
            at=event.at,
            title=selectors.status_label(event.to_status),
            detail=words.why(event.reason),
            colour=statuses.COLOURS[event.to_status],
            by=event.actor,
            request_id=event.request_id,
        )
        for event in selectors.list_events(transaction_id)
    ]


def _attempts(transaction_id: UUID) -> list[Entry]:
    entries = []
    for attempt in selectors.list_attempts(transaction_id):
        name = f"Attempt {attempt.number}"
        entries.append(
            Entry(attempt.created_at, f"{name} committed", f"KES {attempt.amount_kes:,} · {attempt.reference}")
        )
        if attempt.decided_at:
            facts = [OUTCOMES[attempt.outcome], attempt.receipt or attempt.code]
            entries.append(Entry(attempt.decided_at, f"{name} decided", " · ".join(filter(None, facts))))
        if attempt.confirmed_at and attempt.confirmed_at != attempt.decided_at:
            entries.append(Entry(attempt.confirmed_at, f"{name} confirmed", "M-Pesa says so when asked"))
    return entries


def _questions(transaction_id: UUID) -> list[Entry]:
    entries = []
    for question in selectors.list_queries(transaction_id):
        about = f"attempt {question.attempt.number}"
        unheard = "" if question.provider_id or question.answered_at else "not known to have arrived"
        entries.append(Entry(question.asked_at, f"M-Pesa asked about {about}", unheard))
        if question.answered_at:
            entries.append(Entry(question.answered_at, f"M-Pesa answered about {about}", question.answer))
    return entries


def _messages(transaction_id: UUID) -> list[Entry]:
    return [
        Entry(
            at=message.received_at,
            title="Message from M-Pesa",
            detail=" · ".join(filter(None, [message.note, _EFFECTS[message.effect]])),
        )
        for message in selectors.list_messages(transaction_id)
    ]
