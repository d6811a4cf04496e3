"""A day of payments that looks like one: nobody at night, small amounts at noon, and almost all of them completed."""

from datetime import datetime, timedelta
from random import Random

from frontend import times
from frontend.tests import payments
from transactions.models import Transaction

#: how many payments an hour of the day has, from midnight on
_BUSY = (0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 2, 2, 4, 3, 2, 2, 2, 3, 4, 3, 2, 1, 1, 0)
_AMOUNTS_KES = (150, 300, 500, 850, 1_000, 1_200, 1_500, 2_000, 2_750, 3_400, 4_100, 5_000, 7_500, 12_000, 18_500)
#: what came last, by its age in seconds
_LATEST = {
    9: "awaiting_payment",
    14: "payout_uncertain",
    38: "payout_pending",
    112: "completed",
    261: "completed",
    505: "expired",
    840: "completed",
    1_390: "completed",
    2_210: "completed",
    2_980: "refunded",
}


def make(now: datetime) -> dict[str, Transaction]:
    """All of yesterday and today until now. Returns the latest payment of each status."""
    dice = Random(16)
    midnight = times.starts_at(times.day_of(now))
    settled = now - timedelta(seconds=max(_LATEST) + 60)
    for hour in range(-24, 24):
        for _ in range(_BUSY[hour]):
            at = midnight + timedelta(hours=hour, seconds=dice.randrange(3_600))
            if at < settled:
                _make("completed", at, dice)
    ages = sorted(_LATEST, reverse=True)
    return {_LATEST[age]: _make(_LATEST[age], now - timedelta(seconds=age), dice) for age in ages}


def _make(status: str, at: datetime, dice: Random) -> Transaction:
    phone = f"2547{dice.randrange(10**8):08}"
    return payments.make(status, at=at, amount_kes=dice.choice(_AMOUNTS_KES), phone=phone)
