"""What people are told: why something happened, and what happens next and by when."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from frontend import times

#: the codes of moves, for operators
REASONS = {
    "requested": "asked for",
    "invoice_made": "invoice made and checked",
    "no_invoice_in_time": "the node made no invoice in time",
    "sats_held": "sats held on the node",
    "payout_sent": "order committed, then sent",
    "payout_accepted": "queued by M-Pesa, not paid yet",
    "no_clear_reply": "no clear reply: it may have been paid",
    "provider_says_no": "M-Pesa says it failed: asking before believing it",
    "provider_cannot_say": "M-Pesa could not say in time: asking",
    "provider_misconfigured": "M-Pesa is not set up here",
    "payout_not_sent": "certainly never left: may go again",
    "payout_rejected": "refused at once",
    "payout_failed": "certainly not paid",
    "shillings_arrived": "shillings arrived",
    "sats_taken": "sats taken",
    "sats_returned": "sats given back",
    "sats_gone": "shillings were paid and the sats are gone",
    "sats_not_held": "the sats were no longer held",
    "invoice_expired": "nobody paid in time",
    "invoice_cancelled": "cancelled on the node",
    "cancel_intended": "a cancel was wanted",
    "pay_by_passed": "could not be sent in time",
    "kill_switch": "new payouts are stopped",
    "breaker_open": "M-Pesa is not answering",
    "price_unknown": "no fresh price",
    "price_moved": "the price moved too far",
    "node_unreachable": "the node cannot be asked",
    "asking_about_last_attempt": "asking about the last attempt first",
    "deadline": "the hold was about to run out",
    "underpaid": "fewer sats than asked for",
    "overpaid": "far more sats than asked for",
    "paid_late": "paid after the price had expired",
    "result_mismatch": "a result does not fit the order",
    "success_after_failure": "a success after it was decided as unpaid",
    "receipt_of_another": "the receipt belongs to another payment",
    "second_receipt": "two receipts for one payment",
    "refused_and_yet_known": "given up, and yet M-Pesa knows it",
    "answer_mismatch": "an answer does not fit the attempt",
}

#: why a payer gets the sats back. What kept a payment waiting is ours to know, and seldom M-Pesa
_WHY_BACK = {
    "price_moved": "The price moved too far before the shillings could be sent.",
    "pay_by_passed": "The shillings could not be sent in time.",
    "deadline": "The shillings could not be sent in time.",
    "payout_failed": "The shillings could not be paid to this number.",
    "payout_rejected": "The shillings could not be paid to this number.",
    "payout_not_sent": "The shillings could not be sent in time.",
    "sats_not_held": "The sats were gone before the shillings could be sent.",
    "cancel_intended": "This payment had been cancelled before the sats came.",
    "underpaid": "The payment was for fewer sats than the invoice.",
    "overpaid": "The payment was for far more sats than the invoice.",
    "paid_late": "The payment came after the price had expired.",
}


def why(reason: str) -> str:
    """A move's code in words."""
    return REASONS.get(reason, reason.replace("_", " "))


def why_back(reason: str) -> str:
    """Tell a payer why the sats go back."""
    return _WHY_BACK.get(reason, "The shillings could not be sent.")


def _kept(row: Any) -> str:
    return "the sats are taken and owed to the payer" if row.settled_early_at else "sats stay held"


def _invoice_until(row: Any, now: datetime) -> str:
    invoice = getattr(row, "lightning_invoice", None)
    if invoice is None or invoice.expires_at <= now:
        return "price expired · asking the node whether anything arrived"
    return f"the price holds until {times.clock(invoice.expires_at)}"


def _deferred(row: Any, now: datetime) -> str:
    limit = f" · sats go back at {times.clock(row.pay_by_at)} otherwise" if row.pay_by_at else ""
    return f"trying again {times.by(row.look_at, now=now)}{limit}"


#: status → what happens next; `look_at` is set for all of these
_NEXT: dict[str, Callable[[Any, datetime], str]] = {
    "created": lambda row, now: "the node is making the invoice",
    "awaiting_payment": _invoice_until,
    "paid": lambda row, now: "sending the shillings now",
    "payout_submitting": lambda row, now: (
        f"M-Pesa is taking the order · if it says nothing, asking {times.by(row.look_at, now=now)}"
    ),
    "payout_deferred": _deferred,
    "payout_pending": lambda row, now: f"M-Pesa is paying · if no word comes, asking {times.by(row.look_at, now=now)}",
    "payout_uncertain": lambda row, now: f"asking M-Pesa again {times.by(row.look_at, now=now)} · {_kept(row)}",
    "settling": lambda row, now: f"the shillings are there · taking the sats {times.by(row.look_at, now=now)}",
    "payout_failed": lambda row, now: "the sats are going back",
    "refunding": lambda row, now: f"giving the sats back · asking the node again {times.by(row.look_at, now=now)}",
    "under_review": lambda row, now: (
        f"a person decides · looking again {times.by(row.look_at, now=now)} · {_kept(row)}"
    ),
}


def next_step(row: Any, *, now: datetime) -> str:
    """Say what happens next and by when; empty if nothing is left to do."""
    if row.look_at is None:
        return ""
    return _NEXT[row.status](row, now)
