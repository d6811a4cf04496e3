"""One transaction: both legs, what happens next, and everything that happened."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from frontend import live, timeline, words
from frontend.pages.base import Page, show
from transactions import selectors
from transactions.errors import TransactionNotFound


def view(request: HttpRequest, transaction_id: UUID) -> HttpResponse:
    """Show a transaction. Messages appear as what became of them; their bytes are not shown."""
    try:
        row = selectors.get_transaction(transaction_id)
    except TransactionNotFound as error:
        raise Http404(str(error)) from None
    now = timezone.now()
    context = {
        "now": now,
        "row": row,
        "invoice": getattr(row, "lightning_invoice", None),
        "attempts": sorted(row.attempts.all(), key=lambda attempt: attempt.number),
        "next_step": words.next_step(row, now=now),
        "entries": timeline.of(transaction_id),
    }
    return show(request, "transaction", context, subject=live.subject_of(transaction_id))


PAGE = Page("transaction", "Transaction", "transactions/<uuid:transaction_id>/", view, belongs_to="transactions")
