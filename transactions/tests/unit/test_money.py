"""Money in integers: never under-collected, never rounded behind anybody's back."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactions.money import MSAT_PER_BTC, Kes, Msat, msat_for_rounded_up, share_of_rounded_up

AMOUNTS = st.integers(1, 250_000)
RATES = st.decimals(min_value=Decimal("1000"), max_value=Decimal("99999999999"), places=4)


@given(cents=st.integers(1, 25_000_000_00), kes_per_btc=RATES)
def test_a_price_never_under_collects_and_is_a_whole_number_of_sats(cents: int, kes_per_btc: Decimal) -> None:
    price = msat_for_rounded_up(cents, kes_per_btc=kes_per_btc)

    exact_msat = Fraction(cents, 100) * MSAT_PER_BTC / Fraction(kes_per_btc)
    assert price.value % 1_000 == 0
    assert exact_msat <= price.value < exact_msat + 1_000


@given(amount=AMOUNTS, basis_points=st.integers(0, 10_000))
def test_a_share_is_never_short_and_at_most_a_cent_too_much(amount: int, basis_points: int) -> None:
    cents = share_of_rounded_up(Kes(amount), basis_points=basis_points)

    exact = Fraction(amount * 100 * basis_points, 10_000)
    assert exact <= cents < exact + 1


def test_a_price_in_known_figures() -> None:
    assert msat_for_rounded_up(25_000, kes_per_btc=Decimal("12500000")) == Msat(2_000_000)
    assert msat_for_rounded_up(25_001, kes_per_btc=Decimal("12500000")) == Msat(2_001_000)


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity"])
def test_a_rate_that_is_no_price_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="positive"):
        msat_for_rounded_up(100, kes_per_btc=Decimal(rate))


@pytest.mark.parametrize("unit", [Kes, Msat])
@pytest.mark.parametrize(("value", "error"), [(1.0, TypeError), (True, TypeError), ("1", TypeError), (-1, ValueError)])
def test_only_whole_numbers_that_are_not_negative_are_money(
    unit: type[Kes | Msat], value: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        unit(value)  # type: ignore[arg-type]


@given(msat=st.integers(0, 10**15))
def test_sats_are_rounded_up(msat: int) -> None:
    assert (Msat(msat).sats_rounded_up - 1) * 1_000 < msat <= Msat(msat).sats_rounded_up * 1_000
