"""OAuth tokens of the simulated Daraja."""

from bitpesa.tests.sandbox.peers import PAYOUT_SECONDS


def test_a_new_token_ends_the_one_before_it(daraja, receiver):
    first = daraja.ask_token().json()["access_token"]
    second = daraja.ask_token().json()["access_token"]

    daraja.token = first
    assert "Invalid Access Token" in daraja.pay(daraja.b2c_fields(receiver.url)).json()["errorMessage"]
    daraja.token = second
    assert daraja.pay(daraja.b2c_fields(receiver.url)).status_code == 200


def test_expires_in_is_a_number_and_then_a_string(daraja):
    assert [daraja.ask_token().json()["expires_in"] for _ in range(3)] == [3599, "3599", 3599]


def test_a_token_ends_by_the_clock(daraja, admin, receiver):
    daraja.log_in()
    admin.advance(3601)

    assert "Invalid Access Token" in daraja.pay(daraja.b2c_fields(receiver.url)).json()["errorMessage"]


def test_a_wrong_secret_is_an_invalid_authentication(daraja):
    response = daraja.ask_token(auth=("sandbox-consumer", "wrong"))

    assert (response.status_code, response.json()["errorCode"]) == (400, "400.008.01")


def test_another_grant_type_is_refused(daraja):
    response = daraja.ask_token(params={"grant_type": "password"})

    assert (response.status_code, response.json()["errorCode"]) == (400, "400.008.02")


def test_all_four_codes_of_an_invalid_token_are_served(daraja, receiver):
    daraja.token = "wrong"
    b2c = daraja.b2c_fields(receiver.url)
    answers = [daraja.pay(b2c), daraja.pay(b2c), daraja.query(daraja.query_fields(receiver.url))]
    answers.append(daraja.ask_balance(receiver.url))

    codes = {(answer.status_code, answer.json()["errorCode"]) for answer in answers}
    assert codes == {(404, "404.001.03"), (401, "401.003.01"), (400, "400.003.01"), (401, "401.002.01")}


def test_a_killed_token_stays_dead_and_nothing_is_paid(daraja, admin, receiver):
    daraja.log_in()
    admin.fault("b2c", "token_killed")

    answers = [daraja.pay(daraja.b2c_fields(receiver.url)) for _ in range(2)]

    assert all("Invalid Access Token" in answer.json()["errorMessage"] for answer in answers)
    admin.advance(PAYOUT_SECONDS)
    assert admin.payouts()["payouts"] == []


def test_a_request_without_bearer_is_an_invalid_header(daraja):
    response = daraja.http.post("/mpesa/b2c/v3/paymentrequest", json={})

    assert (response.status_code, response.json()["errorCode"]) == (404, "404.001.04")
