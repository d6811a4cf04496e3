"""What the simulated Daraja refuses at once."""

import pytest

INVALID = {
    "OriginatorConversationID": ["", None, "x" * 101, 7],
    "InitiatorName": ["", None],
    "SecurityCredential": ["", None, "not base64!"],
    "CommandID": ["BusinessPayBill", "", None],
    "Amount": ["10.50", 10.5, "0", 0, -10, "1,000", True, None, ""],
    "PartyA": ["abc", None],
    "PartyB": ["0708374149", "+254708374149", "25470837414", "2547083741490", None],
    "Remarks": ["", "x", "x" * 101, "50 %", None],
    "QueueTimeOutURL": ["", None, "ftp://127.0.0.1/a", "not an address"],
    "ResultURL": ["", None, "http://127.0.0.1/mpesa/a", "http://127.0.0.1/SQL", "http://127.0.0.1/M-Pesa/a"],
    "Occassion": ["x" * 101],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in INVALID.items() for value in values])
def test_an_invalid_field_is_named(daraja, receiver, field, value):
    fields = {**daraja.b2c_fields(receiver.url), field: value}
    if value is None:
        del fields[field]

    response = daraja.pay(fields)

    assert response.status_code == 400
    assert response.json()["errorCode"] == "400.002.02"
    assert response.json()["errorMessage"] == f"Bad Request - Invalid {field}"


@pytest.mark.parametrize("word", ["mpesa", "M-PESA", "safaricom", "exec", "exe", "cmd", "Sql", "query", "ngrok"])
def test_an_address_with_a_forbidden_word_is_refused(daraja, receiver, word):
    response = daraja.pay(daraja.b2c_fields(receiver.url, ResultURL=f"{receiver.url}/{word}/1"))

    assert response.json()["errorMessage"] == "Bad Request - Invalid ResultURL"


def test_occasion_is_spelt_with_two_s_in_b2c(daraja, receiver):
    response = daraja.pay(daraja.b2c_fields(receiver.url, Occasion="Pay"))

    assert response.json()["errorMessage"] == "Bad Request - Invalid Occassion"


def test_occasion_is_spelt_with_one_s_in_a_status_query(daraja, receiver):
    fields = daraja.query_fields(receiver.url, OriginalConversationID="a", Occassion="Ask")

    assert daraja.query(fields).json()["errorMessage"] == "Bad Request - Invalid Occasion"


def test_the_initiator_is_called_initiator_name_in_b2c_only(daraja, receiver):
    b2c = {**daraja.b2c_fields(receiver.url), "Initiator": "testapi"}
    del b2c["InitiatorName"]
    status = {**daraja.query_fields(receiver.url, OriginalConversationID="a"), "InitiatorName": "testapi"}
    del status["Initiator"]

    assert daraja.pay(b2c).json()["errorMessage"] == "Bad Request - Invalid InitiatorName"
    assert daraja.query(status).json()["errorMessage"] == "Bad Request - Invalid Initiator"


def test_a_number_is_taken_where_a_string_of_digits_is(daraja, receiver):
    response = daraja.pay(daraja.b2c_fields(receiver.url, Amount=10, PartyA=600000, PartyB=254708374149))

    assert response.json()["ResponseCode"] == "0"


def test_a_duplicate_id_is_refused_and_not_answered_again(daraja, admin, receiver):
    fields = daraja.b2c_fields(receiver.url)
    daraja.pay(fields)

    response = daraja.pay(fields)

    assert response.status_code == 500
    assert response.json()["errorCode"] == "500.002.1001"
    assert response.json()["errorMessage"] == "Duplicate OriginatorConversationID."
    assert len(admin.payouts()["payouts"]) == 1


def test_a_body_of_another_type_is_not_read(daraja, receiver):
    fields = daraja.b2c_fields(receiver.url)

    response = daraja.post("/mpesa/b2c/v3/paymentrequest", fields, **{"Content-Type": "text/plain"})

    assert response.json()["errorMessage"].startswith("Bad Request - Invalid ")


def test_a_body_that_is_no_json_is_a_bad_payload(daraja):
    daraja.log_in()
    headers = {"Authorization": f"Bearer {daraja.token}"}

    response = daraja.http.post("/mpesa/b2c/v3/paymentrequest", content=b"{", headers=headers)

    assert (response.status_code, response.json()["errorCode"]) == (400, "400.002.05")


def test_another_method_and_another_path_have_their_codes(daraja):
    wrong_method = daraja.http.get("/mpesa/b2c/v3/paymentrequest")
    wrong_path = daraja.http.post("/mpesa/b2c/v1/paymentrequest")

    assert (wrong_method.status_code, wrong_method.json()["errorCode"]) == (405, "405.001")
    assert (wrong_path.status_code, wrong_path.json()["errorCode"]) == (404, "404.001.01")


def test_a_status_query_needs_an_id_to_ask_about(daraja, receiver):
    response = daraja.query(daraja.query_fields(receiver.url))

    assert response.json()["errorMessage"] == "Bad Request - Invalid TransactionID"


@pytest.mark.parametrize(
    "changes", [{"CommandID": "AccountBalance"}, {"IdentifierType": "1"}, {"PartyA": "x"}, {"Remarks": ""}]
)
def test_an_invalid_field_of_a_status_query_is_named(daraja, receiver, changes):
    fields = daraja.query_fields(receiver.url, OriginalConversationID="a", **changes)

    assert daraja.query(fields).json()["errorMessage"] == f"Bad Request - Invalid {next(iter(changes))}"
