"""The steps of a payment by name: what tasks and the sweeper call, at any time and any number of times."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from transactions import lifecycle
from transactions.services import inbox, invoices, payouts, queries, refunds


class Step(Protocol):
    """One thing to do about one row, at an instant."""

    def __call__(self, subject_id: UUID, /, *, at: datetime) -> None:
        """Do what is due about the row, or nothing."""
        ...


STEPS: dict[str, Step] = {
    lifecycle.ISSUE: invoices.issue,
    lifecycle.LOOK: invoices.look,
    lifecycle.SUBMIT: payouts.submit,
    lifecycle.RECOVER: payouts.recover,
    lifecycle.QUERY: queries.ask,
    lifecycle.SETTLE: invoices.settle,
    lifecycle.REFUND: refunds.begin,
    lifecycle.RETURN: refunds.return_sats,
    lifecycle.REVIEW: queries.review,
    inbox.PROCESS: inbox.process,
}
