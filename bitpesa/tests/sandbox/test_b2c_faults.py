"""Faults at a payment request and at its message."""

import time

import httpx2
import pytest

from bitpesa.tests.sandbox.peers import PAYOUT_SECONDS, parameters

CANNED = {
    "internal_error": (500, "500.002.1001"),
    "http_500": (500, "500.003.1001"),
    "spike_arrest": (500, "500.003.02"),
    "quota": (500, "500.003.03"),
    "rate_429": (429, "429.001.01"),
}


@pytest.mark.parametrize(("fault", "paid"), [("cut_request", 0), ("lose_reply", 1)])
def test_a_reset_connection_says_nothing_about_the_payment(daraja, admin, receiver, fault, paid):
    daraja.log_in()
    admin.fault("b2c", fault)

    with pytest.raises(httpx2.ReadError):
        daraja.pay(daraja.b2c_fields(receiver.url))

    admin.advance(PAYOUT_SECONDS)
    assert admin.payouts()["paid"] == paid
    assert admin.requests("b2c")[0]["status"] is None


@pytest.mark.parametrize(("fault", "paid"), [("hang_before", 0), ("hang", 1)])
def test_a_timeout_says_nothing_about_the_payment(daraja, admin, receiver, fault, paid):
    daraja.log_in()
    admin.fault("b2c", fault, argument=1)
    daraja.http.timeout = 0.3
    try:
        with pytest.raises(httpx2.ReadTimeout):
            daraja.pay(daraja.b2c_fields(receiver.url))
    finally:
        daraja.http.timeout = 10

    admin.advance(PAYOUT_SECONDS)
    assert admin.payouts()["paid"] == paid


def test_a_hanging_request_is_answered_in_the_end(daraja, admin, receiver):
    daraja.log_in()
    admin.fault("b2c", "hang", argument=0.4)
    started = time.monotonic()

    assert daraja.pay(daraja.b2c_fields(receiver.url)).json()["ResponseCode"] == "0"
    assert time.monotonic() - started >= 0.4


@pytest.mark.parametrize("fault", CANNED)
def test_a_canned_error_does_nothing(daraja, admin, receiver, fault):
    admin.fault("b2c", fault)

    response = daraja.pay(daraja.b2c_fields(receiver.url))

    assert (response.status_code, response.json()["errorCode"]) == CANNED[fault]
    assert admin.payouts()["payouts"] == []


def test_an_internal_error_may_have_paid_all_the_same(daraja, admin, receiver):
    admin.fault("b2c", "internal_error_but_done")

    response = daraja.pay(daraja.b2c_fields(receiver.url))

    assert response.json()["errorCode"] == "500.002.1001"
    assert response.json()["errorMessage"] == "System internal error."
    admin.advance(PAYOUT_SECONDS)
    assert admin.payouts()["paid"] == 1


@pytest.mark.parametrize(
    ("fault", "status", "content_type"), [("html_503", 503, "text/html"), ("soap_500", 500, "text/xml")]
)
def test_an_error_page_is_no_json(daraja, admin, receiver, fault, status, content_type):
    admin.fault("b2c", fault)

    response = daraja.pay(daraja.b2c_fields(receiver.url))

    assert response.status_code == status
    assert response.headers["content-type"].startswith(content_type)


def test_a_fault_happens_as_often_as_it_was_planned(daraja, admin, receiver):
    admin.fault("b2c", "spike_arrest", times=2)

    statuses = [daraja.pay(daraja.b2c_fields(receiver.url)).status_code for _ in range(3)]

    assert statuses == [500, 500, 200]


def test_faults_can_be_cleared(daraja, admin, receiver):
    admin.fault("b2c", "cut_request")
    admin.clear_faults()

    assert daraja.pay(daraja.b2c_fields(receiver.url)).status_code == 200


def test_an_early_message_is_there_before_the_answer(daraja, admin, receiver):
    admin.fault("b2c_result", "early")

    daraja.pay(daraja.b2c_fields(receiver.url))

    assert receiver.messages[0][1]["Result"]["ResultCode"] == 0
    admin.advance(PAYOUT_SECONDS)
    assert admin.payouts()["paid"] == 1


def test_a_late_message_waits_for_its_time(daraja, admin, receiver):
    admin.fault("b2c_result", "late", argument=600)
    daraja.pay(daraja.b2c_fields(receiver.url))
    admin.advance(PAYOUT_SECONDS)

    assert admin.payouts()["paid"] == 1
    assert [message["state"] for message in admin.messages()] == ["waiting"]
    admin.advance(600)
    assert receiver.results(1)[0]["ResultCode"] == 0


def test_a_message_may_come_twice_for_one_payment(daraja, admin, receiver):
    admin.fault("b2c_result", "twice")
    daraja.pay(daraja.b2c_fields(receiver.url))
    admin.advance(PAYOUT_SECONDS)

    first, second = receiver.results(2)
    assert first == second
    assert admin.payouts()["paid"] == 1


def test_a_message_may_never_come_though_paid(daraja, admin, receiver):
    admin.fault("b2c_result", "never")
    daraja.pay(daraja.b2c_fields(receiver.url))
    admin.advance(24 * 3600)

    assert admin.payouts()["paid"] == 1
    assert admin.messages() == []


def test_a_queue_timeout_returns_the_request_and_may_still_be_paid(daraja, admin, receiver):
    admin.fault("b2c_result", "queue_timeout", argument=300)
    fields = daraja.b2c_fields(receiver.url)
    daraja.pay(fields)
    admin.advance(PAYOUT_SECONDS)

    assert receiver.wait_for(1) == [fields]
    assert receiver.url + receiver.messages[0][0] == fields["QueueTimeOutURL"]
    assert admin.payouts()["payouts"][0]["state"] == "queued"
    admin.advance(300)
    assert receiver.wait_for(2)[1]["Result"]["ResultCode"] == 0
    assert admin.payouts()["paid"] == 1


def test_a_queue_timeout_may_be_the_end(daraja, admin, receiver):
    admin.fault("b2c_result", "queue_timeout_only")
    daraja.pay(daraja.b2c_fields(receiver.url))
    admin.advance(24 * 3600)

    assert len(receiver.wait_for(1)) == 1
    assert admin.payouts()["payouts"][0]["state"] == "expired"
    assert admin.payouts()["paid"] == 0


def test_a_payment_is_declined_with_the_code_one_asks_for(daraja, admin, receiver):
    admin.fault("b2c_result", "decline", argument="SFC_IC0003")
    daraja.pay(daraja.b2c_fields(receiver.url))
    admin.advance(PAYOUT_SECONDS)

    assert receiver.results(1)[0]["ResultCode"] == "SFC_IC0003"
    assert admin.payouts()["payouts"][0]["state"] == "declined"


@pytest.mark.parametrize(("fault", "claimed"), [("forged_success", 0), ("forged_failure", 2001)])
def test_a_forged_message_knows_all_but_the_address(daraja, admin, receiver, fault, claimed):
    admin.fault("b2c_result", fault)
    fields = daraja.b2c_fields(receiver.url)
    daraja.pay(fields)
    admin.advance(PAYOUT_SECONDS)
    receiver.wait_for(2)

    by_address = {receiver.url + path: body["Result"] for path, body in receiver.messages}
    real = by_address.pop(fields["ResultURL"])
    ((forged_address, forged),) = by_address.items()
    assert (real["ResultCode"], forged["ResultCode"]) == (0, claimed)
    assert forged["OriginatorConversationID"] == real["OriginatorConversationID"]
    assert forged_address.startswith(f"{receiver.url}/r/")
    assert len(forged_address) == len(fields["ResultURL"])


def test_a_message_may_name_a_wrong_amount(daraja, admin, receiver):
    admin.fault("b2c_result", "wrong_amount")
    daraja.pay(daraja.b2c_fields(receiver.url))
    admin.advance(PAYOUT_SECONDS)

    assert parameters(receiver.results(1)[0])["TransactionAmount"] == 1001
    assert admin.payouts()["paid_kes"] == 1000
