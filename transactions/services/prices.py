"""What a payment would cost now. Reads the latest snapshot, writes nothing, calls nobody."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from transactions import selectors
from transactions.errors import InvalidField, RateUnavailable
from transactions.models import RateSnapshot
from transactions.money import Kes, Msat, msat_for_rounded_up, share_of_rounded_up


@dataclass(frozen=True, slots=True)
class Price:
    """The all-in price of paying out an amount, and what it is made of."""

    amount: Kes
    fee_cents: int
    spread_cents: int
    all_in: Msat
    snapshot: RateSnapshot


def check_amount(amount_kes: int) -> Kes:
    """Return an amount that may be paid out. Raises InvalidField if it is too small or too large."""
    low, high = settings.MIN_AMOUNT_KES, settings.MAX_AMOUNT_KES
    if not low <= amount_kes <= high:
        raise InvalidField("amount_kes", f"Give whole shillings from {low:,} to {high:,}.")
    return Kes(amount_kes)


def preview(amount: Kes, *, at: datetime) -> Price:
    """Price an amount from the latest snapshot. Raises RateUnavailable if there is no fresh one."""
    snapshot = selectors.find_snapshot(at=at)
    if snapshot is None:
        raise RateUnavailable
    fee_cents = max(
        Kes(settings.FEE_MIN_KES).cents, share_of_rounded_up(amount, basis_points=settings.FEE_BASIS_POINTS)
    )
    spread_cents = share_of_rounded_up(amount, basis_points=settings.SPREAD_BASIS_POINTS)
    return Price(
        amount=amount,
        fee_cents=fee_cents,
        spread_cents=spread_cents,
        all_in=msat_for_rounded_up(amount.cents + fee_cents + spread_cents, kes_per_btc=snapshot.kes_per_btc),
        snapshot=snapshot,
    )
