"""Payments of the simulated M-Pesa: when money moves, why it does not, and what the message says."""

import re

import pytest

from bitpesa.tests.sandbox.peers import MSISDN, PAYOUT_SECONDS, eventually, parameters


def test_accepted_means_queued_and_money_moves_at_its_time(daraja, admin, receiver):
    fields = daraja.b2c_fields(receiver.url)

    answer = daraja.pay(fields).json()

    assert re.fullmatch(r"AG_\d{8}_[0-9a-f]{20}", answer["ConversationID"])
    assert answer["OriginatorConversationID"] == fields["OriginatorConversationID"]
    assert admin.payouts()["payouts"][0]["state"] == "queued"
    admin.advance(PAYOUT_SECONDS)
    assert (admin.payouts()["paid"], admin.payouts()["paid_kes"]) == (1, 1000)


def test_the_message_of_a_payment_has_the_documented_shape(daraja, admin, receiver):
    fields = daraja.b2c_fields(receiver.url)
    answer = daraja.pay(fields).json()
    admin.advance(PAYOUT_SECONDS)

    result = receiver.results(1)[0]

    assert (result["ResultType"], result["ResultCode"]) == (0, 0)
    assert result["OriginatorConversationID"] == fields["OriginatorConversationID"]
    assert result["ConversationID"] == answer["ConversationID"]
    assert result["ReferenceData"]["ReferenceItem"]["Key"] == "QueueTimeoutURL"
    keyed = parameters(result)
    assert keyed["TransactionReceipt"] == result["TransactionID"]
    assert keyed["ReceiverPartyPublicName"] == "254708374149 - John Doe"
    assert re.fullmatch(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d", keyed["TransactionCompletedDateTime"])
    assert (keyed["TransactionAmount"], keyed["B2CUtilityAccountAvailableFunds"]) == (1000, 9_999_000)
    assert keyed["B2CChargesPaidAccountAvailableFunds"] == -5
    assert keyed["B2CRecipientIsRegisteredCustomer"] == "Y"


def test_the_message_goes_to_the_result_address(daraja, admin, receiver):
    fields = daraja.b2c_fields(receiver.url)
    daraja.pay(fields)
    admin.advance(PAYOUT_SECONDS)
    receiver.wait_for(1)

    assert receiver.url + receiver.messages[0][0] == fields["ResultURL"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Amount": "9"}, 2),
        ({"Amount": "250001"}, 3),
        ({"PartyB": "254799999001"}, 2040),
        ({"PartyB": "254202000000"}, "SFC_IC0003"),
        ({"PartyA": "600999"}, 11),
        ({"InitiatorName": "somebody"}, 2001),
    ],
)
def test_a_declined_payment_has_a_receipt_and_no_parameters(daraja, admin, receiver, changes, code):
    daraja.pay(daraja.b2c_fields(receiver.url, **changes))
    admin.advance(PAYOUT_SECONDS)

    result = receiver.results(1)[0]

    assert result["ResultCode"] == code
    assert "ResultParameters" not in result
    assert len(result["TransactionID"]) == 10
    assert admin.payouts()["paid"] == 0


def test_a_payment_beyond_the_float_is_declined_with_1(daraja, admin, receiver):
    admin.set_float(999)
    daraja.pay(daraja.b2c_fields(receiver.url))
    admin.advance(PAYOUT_SECONDS)

    assert receiver.results(1)[0]["ResultCode"] == 1
    assert admin.payouts()["paid_kes"] == 0


def test_more_than_a_day_allows_is_declined_with_4(daraja, admin, receiver):
    for _ in range(3):
        daraja.pay(daraja.b2c_fields(receiver.url, Amount="250000"))
    admin.advance(PAYOUT_SECONDS)

    assert sorted(result["ResultCode"] for result in receiver.results(3)) == [0, 0, 4]
    assert admin.payouts(msisdn=MSISDN)["paid_kes"] == 500_000


def test_more_than_a_customer_may_hold_is_declined_with_8(daraja, admin, receiver):
    for _ in range(2):
        daraja.pay(daraja.b2c_fields(receiver.url, Amount="250000"))
    admin.advance(PAYOUT_SECONDS)
    admin.advance(24 * 3600)
    daraja.log_in()
    daraja.pay(daraja.b2c_fields(receiver.url, Amount="10"))
    admin.advance(PAYOUT_SECONDS)

    assert receiver.results(3)[-1]["ResultCode"] == 8


def test_a_wrong_password_is_found_late_and_locks_after_three(daraja, admin, receiver):
    for password in ("old", "old", "old", "Sandbox#2026"):
        credential = daraja.credential(password)
        daraja.pay(daraja.b2c_fields(receiver.url, SecurityCredential=credential))
    admin.advance(PAYOUT_SECONDS)

    assert sorted(result["ResultCode"] for result in receiver.results(4)) == [2001, 2001, 2001, 8006]


def test_a_right_password_ends_the_row_of_wrong_ones(daraja, admin, receiver):
    for password in ("old", "old", "Sandbox#2026", "old", "Sandbox#2026"):
        credential = daraja.credential(password)
        daraja.pay(daraja.b2c_fields(receiver.url, SecurityCredential=credential))
    admin.advance(PAYOUT_SECONDS)

    assert sorted(result["ResultCode"] for result in receiver.results(5)) == [0, 0, 2001, 2001, 2001]


def test_a_message_nobody_takes_is_not_repeated(daraja, admin, receiver):
    receiver.close()
    daraja.pay(daraja.b2c_fields(receiver.url))
    admin.advance(PAYOUT_SECONDS)
    eventually(lambda: [message["state"] for message in admin.messages()] == ["undelivered"])

    admin.advance(24 * 3600)

    assert [message["state"] for message in admin.messages()] == ["undelivered"]
    assert admin.payouts()["paid"] == 1
