"""Kenyan mobile numbers, as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactions.phone import Msisdn


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("0712345678", "254712345678"),
        ("0112345678", "254112345678"),
        ("712345678", "254712345678"),
        ("112345678", "254112345678"),
        ("+254712345678", "254712345678"),
        ("254712345678", "254712345678"),
        (" +254 (712) 345-678 ", "254712345678"),
        ("0708.374.149", "254708374149"),
    ],
)
def test_every_usual_spelling_is_one_number(typed: str, canonical: str) -> None:
    assert Msisdn.parse(typed).value == canonical


@pytest.mark.parametrize(
    "typed",
    ["", "0712", "07123456789", "+255712345678", "0812345678", "07123x5678", "٠٧١٢٣٤٥٦٧٨", "0" * 500, "254 0712345678"],
)
def test_what_is_no_kenyan_mobile_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="Kenyan mobile number"):
        Msisdn.parse(typed)


@given(st.text(max_size=60))
def test_any_text_is_a_canonical_number_or_refused(typed: str) -> None:
    try:
        number = Msisdn.parse(typed)
    except ValueError:
        return
    assert number.value.isascii()
    assert len(number.value) == 12
    assert Msisdn.parse(number.value) == number


def test_a_masked_number_keeps_too_little_to_be_called() -> None:
    assert Msisdn("254712345678").masked == "2547•••678"
