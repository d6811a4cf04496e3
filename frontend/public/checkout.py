"""One payment as its payer sees it: what to pay, how far it is, and at the end a receipt."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from frontend import live, statuses, words
from frontend.public import qr
from transactions import selectors
from transactions.errors import TransactionNotFound

TODO, WAITING, DOING, UNKNOWN, DONE = "todo", "waiting", "doing", "unknown", "done"
RETURNING, BACK, UNDONE = "returning", "back", "undone"

#: the two steps of the bridge by status: sats received, shillings sent
_STEPS = {
    "created": (TODO, TODO),
    "awaiting_payment": (WAITING, TODO),
    "paid": (DONE, DOING),
    "payout_submitting": (DONE, DOING),
    "payout_deferred": (DONE, WAITING),
    "payout_pending": (DONE, DOING),
    "payout_uncertain": (DONE, UNKNOWN),
    "under_review": (DONE, UNKNOWN),
    "settling": (DONE, DONE),
    "completed": (DONE, DONE),
    "payout_failed": (RETURNING, UNDONE),
    "refunding": (RETURNING, UNDONE),
    "refunded": (BACK, UNDONE),
    "expired": (UNDONE, UNDONE),
    "cancelled": (UNDONE, UNDONE),
    "failed": (UNDONE, UNDONE),
}
#: what the sentence about the status says itself
_SAID_ALREADY = ("created", "awaiting_payment", "settling")
#: how much of the bridge is crossed, in percent
_WAY = {(DONE, WAITING): 55, (DONE, DOING): 55, (DONE, UNKNOWN): 55, (DONE, DONE): 100}


@dataclass(frozen=True, slots=True)
class Countdown:
    """How long the price still holds."""

    left_seconds: int
    total_seconds: int

    @property
    def clock(self) -> str:
        """`1:43`."""
        return f"{self.left_seconds // 60}:{self.left_seconds % 60:02}"

    @property
    def gone_percent(self) -> int:
        """How much of it is over."""
        return 100 - 100 * self.left_seconds // self.total_seconds


@never_cache
@require_safe
def checkout(request: HttpRequest, transaction_id: UUID) -> HttpResponse:
    """Show a payment to whoever has its address. With `?part`, only what changes."""
    try:
        row = selectors.get_transaction(transaction_id)
    except TransactionNotFound as error:
        raise Http404(str(error)) from None
    context = _context(row, now=timezone.now())
    if "part" in request.GET:
        return render(request, "frontend/parts/_checkout.html", context)
    context["stream"] = "" if context["is_ended"] else live.stream_url(live.subject_of(transaction_id))
    return render(request, "frontend/pages/checkout.html", context)


def _context(row: Any, *, now: datetime) -> dict[str, Any]:
    invoice = getattr(row, "lightning_invoice", None)
    countdown = _countdown(row, invoice, now=now)
    next_step = words.next_step(row, now=now)
    steps = _STEPS[row.status]
    return {
        "now": now,
        "row": row,
        "invoice": invoice,
        "is_ended": row.status in statuses.ENDED,
        "countdown": countdown,
        "qr": qr.svg(invoice.bolt11) if invoice and countdown else "",
        "steps": list(zip(("Sats received", "Shillings sent"), steps, strict=True)),
        "way": _WAY.get(steps, 0),
        "next_step": next_step,
        "says_next": bool(next_step) and row.status not in _SAID_ALREADY,
        "why_back": words.why_back(selectors.find_reason_of_refund(row.id)) if _goes_back(row) else "",
        "receipt": next((one for one in row.attempts.all() if one.receipt), None),
        "version": _version(row, next_step, is_payable=countdown is not None),
    }


def _goes_back(row: Any) -> bool:
    return row.status in ("payout_failed", "refunding", "refunded")


def _countdown(row: Any, invoice: Any, *, now: datetime) -> Countdown | None:
    """None unless the invoice can be paid at this moment."""
    if row.status != "awaiting_payment" or invoice is None or invoice.expires_at <= now:
        return None
    total = invoice.expires_at - row.created_at
    return Countdown(int((invoice.expires_at - now).total_seconds()), max(int(total.total_seconds()), 1))


def _version(row: Any, next_step: str, *, is_payable: bool) -> str:
    """Changes when what is shown changes in more than its clock: a page that has it need not be drawn again."""
    shown = row.status if is_payable else f"{row.status} {next_step}"
    return hashlib.sha256(shown.encode()).hexdigest()[:12]
