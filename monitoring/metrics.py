"""What happened: each metric is declared beside the receiver that moves it. `docs/metrics.md` lists them all.

The domain sends signals and does not know that anybody counts. What is true now is read at scrape, in `gauges.py`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.dispatch import receiver
from prometheus_client import Counter, Histogram

from transactions import selectors, signals

CALL_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
PAYMENT_SECONDS = (1, 2.5, 5, 10, 20, 30, 60, 120, 300, 900, 3_600)

STATUS_CHANGES = Counter("bitpesa_status_changes_total", "Transactions that entered a status.", ["status"])


@receiver(signals.status_changed)
def count_status_change(to_status: str, **_: Any) -> None:
    """Count a move."""
    STATUS_CHANGES.labels(status=to_status).inc()


PAID_TO_COMPLETED = Histogram(
    "bitpesa_paid_to_completed_seconds",
    "Seconds from the sats being held to the payment being completed.",
    buckets=PAYMENT_SECONDS,
)


@receiver(signals.status_changed)
def observe_completion(to_status: str, transaction_id: UUID, at: datetime, **_: Any) -> None:
    """Measure how long the payer waited for the shillings to arrive."""
    if to_status != "completed":
        return
    if paid_at := selectors.find_paid_at(transaction_id):
        PAID_TO_COMPLETED.observe((at - paid_at).total_seconds())


PROVIDER_CALLS = Histogram(
    "bitpesa_provider_call_seconds",
    "Seconds that calls to providers took, by what was asked and how it ended.",
    ["provider", "operation", "outcome"],
    buckets=CALL_SECONDS,
)


@receiver(signals.provider_called)
def observe_provider_call(provider: str, operation: str, outcome: str, seconds: float, **_: Any) -> None:
    """Measure a call; the histogram counts it too."""
    PROVIDER_CALLS.labels(provider=provider, operation=operation, outcome=outcome).observe(seconds)


INCIDENTS = Counter("bitpesa_incidents_total", "Incidents opened for a person to look at.", ["code"])


@receiver(signals.incident_opened)
def count_incident(what: str, **_: Any) -> None:
    """Count an incident."""
    INCIDENTS.labels(code=what).inc()
