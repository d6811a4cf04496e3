"""Money as integers: millisatoshi on the left, whole shillings and cents on the right. Rounding is in the name."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

MSAT_PER_SAT = 1_000
MSAT_PER_BTC = 100_000_000 * MSAT_PER_SAT
CENTS_PER_KES = 100
BASIS_POINTS = 10_000


def _whole(value: object, unit: str) -> None:
    if type(value) is not int:
        raise TypeError(f"{unit} are whole numbers, not {type(value).__name__}")
    if value < 0:
        raise ValueError(f"{unit} cannot be negative")


@dataclass(frozen=True, slots=True, order=True)
class Msat:
    """An amount of millisatoshi."""

    value: int

    def __post_init__(self) -> None:
        _whole(self.value, "msat")

    @property
    def sats_rounded_up(self) -> int:
        """Whole sats, rounded up: what a payer is asked for is never less than the price."""
        return -(-self.value // MSAT_PER_SAT)


@dataclass(frozen=True, slots=True, order=True)
class Kes:
    """An amount of whole Kenyan shillings, as M-Pesa moves them."""

    value: int

    def __post_init__(self) -> None:
        _whole(self.value, "KES")

    @property
    def cents(self) -> int:
        """The same amount in cents."""
        return self.value * CENTS_PER_KES


def share_of_rounded_up(amount: Kes, *, basis_points: int) -> int:
    """Return this share of the amount in cents, rounded up so that a fee is never short."""
    return -(-amount.cents * basis_points // BASIS_POINTS)


def msat_for_rounded_up(cents: int, *, kes_per_btc: Decimal) -> Msat:
    """Price an amount of cents in msat: whole sats, rounded up so that the house never under-collects.

    Raises ValueError for a rate that is not positive: the caller must refuse the quote.
    """
    _whole(cents, "cents")
    if not kes_per_btc.is_finite() or kes_per_btc <= 0:
        raise ValueError("a rate must be positive")
    sats = (Decimal(cents) * MSAT_PER_BTC / MSAT_PER_SAT / (CENTS_PER_KES * kes_per_btc)).to_integral_value(
        rounding=ROUND_CEILING
    )
    return Msat(int(sats) * MSAT_PER_SAT)
