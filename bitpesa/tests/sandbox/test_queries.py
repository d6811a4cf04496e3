"""Status and balance queries of the simulated Daraja, and their faults."""

import pytest

from bitpesa.tests.sandbox.peers import PAYOUT_SECONDS, parameters


@pytest.fixture
def paid(daraja, admin, receiver):
    """A payment that was made, its message already read."""
    fields = daraja.b2c_fields(receiver.url)
    daraja.pay(fields)
    admin.advance(PAYOUT_SECONDS)
    receiver.wait_for(1)
    receiver.messages.clear()
    return fields


@pytest.fixture
def ask(daraja, admin, receiver):
    """Ask about a payment and return the answer that comes to the result address."""

    def ask(**about):
        accepted = daraja.query(daraja.query_fields(receiver.url, **about)).json()
        admin.advance(PAYOUT_SECONDS)
        result = receiver.results(1)[0]
        assert result["ConversationID"] == accepted["ConversationID"]
        assert result["OriginatorConversationID"] == accepted["OriginatorConversationID"]
        return result

    return ask


def test_the_answer_is_about_the_payment_and_its_envelope_about_the_query(paid, ask, admin):
    result = ask(OriginalConversationID=paid["OriginatorConversationID"])

    keyed = parameters(result)
    assert result["OriginatorConversationID"] != paid["OriginatorConversationID"]
    assert keyed["OriginatorConversationID"] == paid["OriginatorConversationID"]
    assert (keyed["TransactionStatus"], keyed["Amount"]) == ("Completed", 1000)
    assert keyed["CreditPartyName"] == "254708374149 - John Doe"
    assert keyed["DebitPartyName"] == "600000 - BitPesa Sandbox"
    assert keyed["DebitPartyCharges"] == "Fee For B2C Payment|KES|5.00"
    assert keyed["ReceiptNo"] == admin.payouts()["payouts"][0]["receipt"]
    assert len(str(keyed["InitiatedTime"])) == len(str(keyed["FinalisedTime"])) == 14


def test_a_payment_can_be_asked_about_by_its_receipt(paid, ask, admin):
    receipt = admin.payouts()["payouts"][0]["receipt"]

    assert parameters(ask(TransactionID=receipt))["OriginatorConversationID"] == paid["OriginatorConversationID"]


def test_a_receipt_that_contradicts_the_reference_is_not_found(paid, ask):
    result = ask(OriginalConversationID=paid["OriginatorConversationID"], TransactionID="AAA0000000")

    assert result["ResultCode"] == "R000002"


def test_a_query_that_worked_may_be_about_a_declined_payment(daraja, admin, receiver, ask):
    fields = daraja.b2c_fields(receiver.url, Amount="9")
    daraja.pay(fields)
    admin.advance(PAYOUT_SECONDS)
    receiver.wait_for(1)
    receiver.messages.clear()

    result = ask(OriginalConversationID=fields["OriginatorConversationID"])

    assert result["ResultCode"] == 0
    assert parameters(result)["TransactionStatus"] == "Declined"


def test_a_queued_payment_is_initiated_and_not_finished(daraja, admin, receiver):
    fields = daraja.b2c_fields(receiver.url)
    daraja.pay(fields)
    daraja.query(daraja.query_fields(receiver.url, OriginalConversationID=fields["OriginatorConversationID"]))
    admin.advance(PAYOUT_SECONDS // 2)

    keyed = parameters(receiver.results(1)[0])
    assert (keyed["TransactionStatus"], keyed["FinalisedTime"]) == ("Initiated", None)


def test_an_unknown_id_is_a_failure_of_the_query_with_a_single_parameter(ask):
    result = ask(OriginalConversationID="never-seen")

    assert result["ResultCode"] == "R000002"
    assert result["ResultParameters"]["ResultParameter"]["Key"] == "BOCompletedTime"


def test_a_query_with_a_wrong_password_fails_late(ask, daraja):
    assert ask(OriginalConversationID="a", SecurityCredential=daraja.credential("old"))["ResultCode"] == 2001


@pytest.mark.parametrize(
    ("fault", "argument", "code"), [("not_found", None, "R000002"), ("error", None, 17), ("error", "26", 26)]
)
def test_a_query_may_fail_about_a_payment_that_was_made(paid, ask, admin, fault, argument, code):
    admin.fault("query_answer", fault, argument=argument)

    assert ask(OriginalConversationID=paid["OriginatorConversationID"])["ResultCode"] == code


def test_a_query_may_say_another_status(paid, ask, admin):
    admin.fault("query_answer", "status", argument="Authorized")

    assert parameters(ask(OriginalConversationID=paid["OriginatorConversationID"]))["TransactionStatus"] == "Authorized"


def test_an_answer_may_name_another_payment(paid, ask, admin):
    admin.fault("query_answer", "names_other")

    keyed = parameters(ask(OriginalConversationID=paid["OriginatorConversationID"]))
    assert keyed["OriginatorConversationID"] != paid["OriginatorConversationID"]
    assert keyed["Amount"] != 1000


def test_an_answer_may_name_the_debit_party_twice(paid, ask, admin):
    admin.fault("query_answer", "debit_party_twice")

    result = ask(OriginalConversationID=paid["OriginatorConversationID"])
    names = [item["Value"] for item in result["ResultParameters"]["ResultParameter"] if item["Key"] == "DebitPartyName"]
    assert names == ["600000 - BitPesa Sandbox", "254708374149 - John Doe"]


def test_an_answer_may_come_twice_late_or_never(paid, daraja, admin, receiver):
    fields = daraja.query_fields(receiver.url, OriginalConversationID=paid["OriginatorConversationID"])
    for fault, argument in (("twice", None), ("late", 600), ("never", None)):
        admin.fault("query_answer", fault, argument=argument)
        daraja.query(fields)
    admin.advance(PAYOUT_SECONDS)

    assert len(receiver.wait_for(2)) == 2
    now = admin.clock()["now"]
    assert [message["send_at"] > now for message in admin.messages()].count(True) == 1
    admin.advance(600)
    assert len(receiver.wait_for(3)) == 3


def test_the_balance_names_each_account(paid, daraja, admin, receiver):
    daraja.ask_balance(receiver.url)
    admin.advance(PAYOUT_SECONDS)

    accounts = parameters(receiver.results(1)[0])["AccountBalance"].split("&")
    assert accounts[1] == "Utility Account|KES|9999000.00|9999000.00|0.00|0.00"
    assert accounts[2] == "Charges Paid Account|KES|-5.00|-5.00|0.00|0.00"
