"""Magic phone numbers: the faults integrators reach without the admin port."""

import httpx2
import pytest

from bitpesa.sandbox import faults
from bitpesa.tests.sandbox.peers import PAYOUT_SECONDS


def magic(daraja, receiver, digits):
    return daraja.pay(daraja.b2c_fields(receiver.url, PartyB=f"254700000{digits}"))


def test_every_magic_number_asks_for_a_fault_that_exists_and_is_documented():
    for digits, number in faults.MAGIC.items():
        assert number.fault.name in faults.OPERATIONS[number.operation]
        assert f"| {faults.MAGIC_PREFIX}{digits} |" in faults.__doc__


def test_001_loses_the_answer_and_pays(daraja, admin, receiver):
    daraja.log_in()
    with pytest.raises(httpx2.ReadError):
        magic(daraja, receiver, "001")

    admin.advance(PAYOUT_SECONDS)
    assert receiver.results(1)[0]["ResultCode"] == 0


@pytest.mark.parametrize(("digits", "code"), [("003", 2040), ("004", 1), ("012", 8), ("099", 0), ("007", 0)])
def test_a_message_fault_by_number(daraja, admin, receiver, digits, code):
    magic(daraja, receiver, digits)
    admin.advance(PAYOUT_SECONDS)

    assert receiver.results(2 if digits == "007" else 1)[0]["ResultCode"] == code


def test_009_is_throttled_every_other_time(daraja, receiver):
    assert [magic(daraja, receiver, "009").status_code for _ in range(4)] == [500, 200, 500, 200]


def test_a_planned_fault_goes_before_a_magic_one(daraja, admin, receiver):
    admin.fault("b2c_result", "decline", argument="4")
    magic(daraja, receiver, "003")
    admin.advance(PAYOUT_SECONDS)

    assert receiver.results(1)[0]["ResultCode"] == 4


def test_the_same_digits_of_another_number_are_no_magic(daraja, admin, receiver):
    daraja.pay(daraja.b2c_fields(receiver.url, PartyB="254711000003"))
    admin.advance(PAYOUT_SECONDS)

    assert receiver.results(1)[0]["ResultCode"] == 0
