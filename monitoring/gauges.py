"""What is true now: read through the domain's front door when Prometheus asks. `docs/metrics.md` lists them all.

A database that is away must not take the counters with it: then `bitpesa_database_up` is 0 and the rest is left out.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import DatabaseError
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from transactions import selectors
from transactions.services import breakers

BREAKER_STATES = ("closed", "open", "half-open")


def transactions(_: datetime) -> Metric:
    """Read how many payments are under way."""
    gauge = GaugeMetricFamily("bitpesa_transactions", "Transactions that are not at an end.", labels=["status"])
    for status, count in selectors.count_by_status().items():
        gauge.add_metric([status], count)
    return gauge


def overdue(at: datetime) -> Metric:
    """Read how far behind the sweeper is."""
    since = selectors.find_oldest_overdue(at=at)
    return GaugeMetricFamily(
        "bitpesa_oldest_overdue_seconds",
        "Seconds that the most overdue transaction has waited for the sweeper.",
        value=(at - since).total_seconds() if since else 0,
    )


def price_age(at: datetime) -> Metric:
    """Read how old the price is; infinite if there never was one."""
    read_at = selectors.find_last_price_at()
    return GaugeMetricFamily(
        "bitpesa_rate_age_seconds",
        "Seconds since the price of bitcoin was read.",
        value=(at - read_at).total_seconds() if read_at else float("inf"),
    )


def waiting_messages(_: datetime) -> Metric:
    """Read the backlog of the inbox."""
    return GaugeMetricFamily(
        "bitpesa_messages_waiting",
        "Messages of providers that are kept and not applied yet.",
        value=selectors.count_waiting_messages(),
    )


def kill_switch(_: datetime) -> Metric:
    """Read whether an operator has stopped new money."""
    return GaugeMetricFamily(
        "bitpesa_kill_switch_engaged",
        "Whether an operator has stopped new payments and payouts.",
        value=bool(selectors.find_kill_switch()),
    )


def breaker_states(_: datetime) -> Metric:
    """Read the breakers: 1 for the state each is in, 0 for the others."""
    gauge = GaugeMetricFamily(
        "bitpesa_breaker_state",
        "Whether the breaker in front of a payout provider is in a state.",
        labels=["provider", "state"],
    )
    for provider, current in breakers.states().items():
        for state in BREAKER_STATES:
            gauge.add_metric([provider, state], state == current)
    return gauge


#: one function per gauge
ALL: tuple[Callable[[datetime], Metric], ...] = (
    transactions,
    overdue,
    price_age,
    waiting_messages,
    kill_switch,
    breaker_states,
)


class Gauges(Collector):
    """Reads every gauge at one instant."""

    def __init__(self, *, at: datetime) -> None:
        self._at = at

    def collect(self) -> Iterable[Metric]:
        """Read all, or none."""
        try:
            read = [gauge(self._at) for gauge in ALL]
        except DatabaseError:
            read = []
        yield GaugeMetricFamily("bitpesa_database_up", "Whether the database answers.", value=bool(read))
        yield from read
