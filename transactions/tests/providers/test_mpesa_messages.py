import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactions.providers.payout.base import Report, UnreadableMessage, Verdict
from transactions.providers.payout.mpesa import messages, values
from transactions.providers.payout.mpesa.redaction import redact
from transactions.providers.payout.mpesa.wire import MAX_BYTES

SAMPLES = Path(messages.__file__).parent / "samples"
SUCCEEDED, FAILED, UNDECIDED = Verdict.SUCCEEDED, Verdict.FAILED, Verdict.UNDECIDED
OURS = "bp-0190f3c2-1"
STARTED_AT = datetime(2024, 7, 6, 19, 48, 50, tzinfo=UTC)
COMPLETED_AT = datetime(2024, 7, 6, 19, 48, 52, tzinfo=UTC)
Parse = Callable[[bytes], Report]


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def changed(name: str, change: Callable[[dict[str, Any]], object]) -> bytes:
    message = json.loads(sample(name))
    change(message["Result"])
    return json.dumps(message).encode()


RESULTS = {
    "result_success": (SUCCEEDED, "0", "SG632NMUAB", 10),
    "result_success_string_codes": (SUCCEEDED, "0", "SG632NMUAB", 10),
    "result_success_without_receipt": (UNDECIDED, "0", None, 10),
    "result_success_without_amount": (UNDECIDED, "0", "SG632NMUAB", None),
    "result_success_fractional_amount": (UNDECIDED, "0", "SG632NMUAB", None),
    "result_success_other_transaction_id": (UNDECIDED, "0", "SG632NMUAB", 10),
    "result_success_more_to_follow": (UNDECIDED, "0", "SG632NMUAB", 10),
    "result_success_single_parameter": (UNDECIDED, "0", "SG632NMUAB", None),
    "result_failure_initiator": (FAILED, "2001", None, None),
    "result_failure_float": (FAILED, "1", None, None),
    "result_failure_not_on_mpesa": (FAILED, "SFC_IC0003", None, None),
    "result_undecided_internal_failure": (UNDECIDED, "17", None, None),
    "result_undecided_unlisted_code": (UNDECIDED, "R999999", None, None),
    "queue_timeout": (UNDECIDED, "queue_timeout", None, None),
}
ANSWERS = {
    "answer_completed": (SUCCEEDED, "Completed", "SG632NMUAB", 300),
    "answer_completed_debit_party_twice": (SUCCEEDED, "Completed", "SG632NMUAB", 300),
    "answer_completed_spaced_names": (SUCCEEDED, "Completed", "SG632NMUAB", 300),
    "answer_completed_masked_party": (SUCCEEDED, "Completed", "SG632NMUAB", 300),
    "answer_completed_without_receipt": (UNDECIDED, "Completed", None, 300),
    "answer_declined": (FAILED, "Declined", None, 300),
    "answer_cancelled": (FAILED, "Cancelled", None, 300),
    "answer_expired": (FAILED, "Expired", None, 300),
    "answer_initiated": (UNDECIDED, "Initiated", "SG632NMUAB", 300),
    "answer_pending_authorized": (UNDECIDED, "Pending Authorized", "SG632NMUAB", 300),
    "answer_not_found": (UNDECIDED, "R000002", None, None),
    "answer_credential_locked": (UNDECIDED, "8006", None, None),
    "queue_timeout_of_query": (UNDECIDED, "queue_timeout", None, None),
}
CURABLE = {"result_failure_initiator", "result_failure_float"}


def test_every_sample_is_in_a_table() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} == RESULTS.keys() | ANSWERS.keys()


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_read_as_what_it_proves(name: str) -> None:
    report = messages.parse_result(sample(name))

    assert (report.verdict, report.code, report.receipt, report.amount_kes) == RESULTS[name]
    assert report.reference == OURS
    assert report.is_curable is (name in CURABLE)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_decided_by_the_transaction_status_alone(name: str) -> None:
    report = messages.parse_answer(sample(name))

    assert (report.verdict, report.code, report.receipt, report.amount_kes) == ANSWERS[name]
    assert report.reference == (OURS if name not in {"answer_not_found", "answer_credential_locked"} else None)
    assert not report.is_curable


def test_a_success_is_read_whole() -> None:
    assert messages.parse_result(sample("result_success")) == Report(
        verdict=SUCCEEDED,
        code="0",
        description="The service request is processed successfully.",
        reference=OURS,
        provider_id="AG_20240706_2010364430d9bbdaf872",
        receipt="SG632NMUAB",
        amount_kes=10,
        msisdn="254708374149",
        party_name="John Doe",
        completed_at=COMPLETED_AT,
    )


@pytest.mark.parametrize("name", ["answer_completed", "answer_completed_debit_party_twice"])
def test_a_completed_answer_is_read_whole_and_names_the_payout_not_the_query(name: str) -> None:
    assert messages.parse_answer(sample(name)) == Report(
        verdict=SUCCEEDED,
        code="Completed",
        description="The service request is processed successfully.",
        reference=OURS,
        provider_id="AG_20240706_20106e9209f64bebd05b",
        is_known=True,
        receipt="SG632NMUAB",
        amount_kes=300,
        msisdn="254708374149",
        party_name="John Doe",
        started_at=STARTED_AT,
        completed_at=COMPLETED_AT,
        charge_cents=2240,
    )


def test_instants_written_as_text_and_as_numbers_are_the_same() -> None:
    assert messages.parse_result(sample("result_success_string_codes")).completed_at == COMPLETED_AT


def test_a_masked_party_is_no_msisdn() -> None:
    report = messages.parse_answer(sample("answer_completed_masked_party"))

    assert (report.msisdn, report.party_name) == (None, "John")


def test_a_query_that_worked_about_a_payout_that_did_not_is_a_failure() -> None:
    body = sample("answer_declined")

    assert json.loads(body)["Result"]["ResultCode"] == 0
    assert messages.parse_answer(body).verdict is FAILED


@pytest.mark.parametrize("status", ["completed", "Completed ", "Success", "", None, True, ["Completed"], "Canceled"])
def test_only_the_documented_words_decide(status: object) -> None:
    def change(result: dict[str, Any]) -> None:
        for item in result["ResultParameters"]["ResultParameter"]:
            if item["Key"] == "TransactionStatus":
                item["Value"] = status

    assert messages.parse_answer(changed("answer_completed", change)).verdict is UNDECIDED


@pytest.mark.parametrize("code", [17, "SFC_IC0003", None, "R000002"])
def test_a_query_that_failed_decides_nothing_whatever_its_parameters_say(code: object) -> None:
    body = changed("answer_completed", lambda result: result.update(ResultCode=code))

    assert messages.parse_answer(body).verdict is UNDECIDED


@pytest.mark.parametrize("code", [None, False, "", " 0", "0.0", 0.0, [], {}, -0.5, "00"])
def test_a_result_code_that_is_not_exactly_zero_is_no_success(code: object) -> None:
    body = changed("result_success", lambda result: result.update(ResultCode=code))

    assert messages.parse_result(body).verdict is UNDECIDED


@pytest.mark.parametrize("parse", [messages.parse_result, messages.parse_answer])
def test_an_envelope_without_parameters_is_no_success(parse: Parse) -> None:
    assert parse(changed("result_success", lambda result: result.pop("ResultParameters"))).verdict is UNDECIDED


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ('"ResultCode": 0', '"ResultCode": 2001', UNDECIDED),
        ('"ResultCode": 2001', '"ResultCode": 0', UNDECIDED),
        ('"ResultCode": 0', '"ResultCode": "0"', UNDECIDED),
        ('"ResultCode": 0', '"ResultCode": false', UNDECIDED),
        ('"ResultCode": 0', '"ResultCode": 0', SUCCEEDED),
    ],
)
def test_a_member_said_twice_differently_counts_as_not_said(first: str, second: str, verdict: Verdict) -> None:
    body = sample("result_success").replace(b'"ResultCode": 0', f"{first}, {second}".encode())

    assert messages.parse_result(body).verdict is verdict


def test_two_receipts_are_none() -> None:
    def change(result: dict[str, Any]) -> None:
        parameters = result["ResultParameters"]["ResultParameter"]
        parameters.append({"Key": "TransactionReceipt", "Value": "SG632NMUAC"})

    assert messages.parse_result(changed("result_success", change)).verdict is UNDECIDED


def test_two_results_in_one_message_are_unreadable() -> None:
    one = sample("result_success").strip()[1:-1]

    with pytest.raises(UnreadableMessage):
        messages.parse_result(b"{" + one + b"," + one + b"}")


def test_the_customer_who_paid_us_is_not_taken_for_the_one_we_paid() -> None:
    def change(result: dict[str, Any]) -> None:
        parties = result["ResultParameters"]["ResultParameter"]
        parties[0]["Value"], parties[1]["Value"] = parties[1]["Value"], parties[0]["Value"]

    for name in ("answer_completed", "answer_completed_debit_party_twice"):
        assert messages.parse_answer(changed(name, change)).msisdn is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"Result"',
        b"{}",
        b'{"Result": []}',
        b'{"Result": null}',
        b'{"errorCode": "500.003.1001"}',
        b"<html></html>",
        b"\xff\xfe{\x00}\x00",
        b'{"Result": {"ResultCode": NaN}}',
        b'{"Result": {"ResultCode": 1e99999999999999999999}}',
        b'{"Result": {"ResultCode": ' + b"1" * 5000 + b"}}",
        b'{"Result": ' * 5000 + b"0" + b"}" * 5000,
        b'{"Result": ' + b"[" * 30000 + b"]" * 30000 + b"}",
        b'{"Result": {"ResultCode": 0}}' + b" " * MAX_BYTES,
    ],
)
@pytest.mark.parametrize("parse", [messages.parse_result, messages.parse_answer])
def test_what_is_no_message_is_unreadable(body: bytes, parse: Parse) -> None:
    with pytest.raises(UnreadableMessage):
        parse(body)


@given(body=st.binary(max_size=2000) | st.text(max_size=500).map(str.encode))
@pytest.mark.parametrize("parse", [messages.parse_result, messages.parse_answer])
def test_arbitrary_bytes_are_at_worst_unreadable(body: bytes, parse: Parse) -> None:
    with pytest.raises(UnreadableMessage):
        parse(body)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
NAMES = st.sampled_from(
    [
        "ResultType",
        "ResultCode",
        "ResultDesc",
        "OriginatorConversationID",
        "ConversationID",
        "TransactionID",
        "ResultParameters",
        "ResultParameter",
        "Key",
        "Value",
        "TransactionReceipt",
        "TransactionAmount",
        "TransactionStatus",
        "Completed",
        "Amount",
        "ReceiptNo",
        "InitiatedTime",
        "DebitPartyCharges",
        "DebitPartyName",
        "CreditPartyName",
        "0",
        "00010101000000",
        "01.01.0001 00:00:00",
    ]
)
JSON = st.recursive(
    SCALARS | NAMES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6)
)
PARAMETERS = st.lists(st.fixed_dictionaries({"Key": NAMES, "Value": JSON}), max_size=6)


@given(result=st.dictionaries(NAMES, JSON, max_size=8), parameters=PARAMETERS, code=st.sampled_from([0, "0", 1]) | JSON)
@pytest.mark.parametrize("parse", [messages.parse_result, messages.parse_answer])
def test_an_arbitrary_message_never_succeeds_without_receipt_and_amount(
    result: dict[str, Any], parameters: list[Any], code: object, parse: Parse
) -> None:
    result |= {"ResultCode": code, "ResultParameters": {"ResultParameter": parameters}}
    body = json.dumps({"Result": result}).encode()

    try:
        report = parse(body)
    except UnreadableMessage:  # NaN and infinity are no JSON
        return

    assert report.verdict is not SUCCEEDED or (report.receipt and report.amount_kes)
    for text in (report.code, report.description, report.reference, report.party_name):
        assert "\x00" not in (text or "")
        (text or "").encode()


@pytest.mark.parametrize("value", [True, False, None, [], {}])
def test_only_strings_and_numbers_are_text(value: object) -> None:
    assert values.text(value) is None


@pytest.mark.parametrize(
    ("value", "amount_kes"),
    [
        (10, 10),
        ("10", 10),
        ("10.00", 10),
        ("10.50", None),
        (0, None),
        (-5, None),
        (True, None),
        ("1,000", None),
        ("1e3", None),
        (None, None),
        ("", None),
        ("٣", None),
        (10**30, None),
    ],
)
def test_an_amount_is_whole_positive_shillings_or_not_said(value: object, amount_kes: int | None) -> None:
    assert values.amount_kes(value) == amount_kes


@pytest.mark.parametrize(
    ("value", "cents"),
    [
        ("Fee For B2C Payment|KES|22.40", 2240),
        ("Fee|KES|5", 500),
        ("Fee|KES|0.5", 50),
        ("", None),
        (None, None),
        ("Fee|USD|1.00", None),
        ("A|KES|1.00&B|KES|2.00", None),
        ("Fee|KES|-1.00", None),
    ],
)
def test_a_charge_is_read_in_cents(value: object, cents: int | None) -> None:
    assert values.charge_cents(value) == cents


@pytest.mark.parametrize(
    "value", ["06.07.2024", "31.02.2024 10:00:00", "2024070622485", "00010101000000", "", None, "20240706T224852"]
)
def test_an_instant_that_is_none_is_not_said(value: object) -> None:
    assert values.instant(value) is None


@pytest.mark.parametrize(
    ("value", "party"),
    [
        ("254708374149 - John Doe", ("254708374149", "John Doe")),
        ("0708374149 - Anne-Marie", ("254708374149", "Anne-Marie")),
        ("254708374149", ("254708374149", None)),
        ("600992 - Test Organisation", (None, "Test Organisation")),
        ("712345678 - A nine-digit shortcode", (None, "A nine-digit shortcode")),
        ("2547 ***** 149", (None, None)),
        ("a" * 64, (None, None)),
        (None, (None, None)),
    ],
)
def test_a_party_is_read_as_number_and_name(value: object, party: tuple[str | None, str | None]) -> None:
    assert values.party(value) == party


SECRET = "S3cret#Value"
CREDENTIAL = "Ab1+/" * 68 + "abc="


@pytest.mark.parametrize("name", ["queue_timeout", "queue_timeout_of_query"])
def test_a_returned_request_is_stored_without_its_credential(name: str) -> None:
    credential = json.loads(sample(name))["SecurityCredential"]

    redacted = redact(sample(name))

    assert credential.encode() not in redacted
    assert json.loads(redacted) == {**json.loads(sample(name)), "SecurityCredential": "[redacted]"}


@pytest.mark.parametrize(
    "body",
    [
        '{"SecurityCredential":"%s"}',
        '{"securitycredential" : "%s"',
        '{"SecurityCredential":"%s',
        '{"a":[{"b":{"Password":"%s"}}]}',
        '{"access_token":"%s","expires_in":"3599"}',
        '{"accessToken": "%s"}',
        '{"Password":{"Value":"%s"}}',
        '{"Password":["%s", 1',
        '{"ReferenceItem":{"Key":"SecurityCredential","Value":"%s"}}',
        '{"ReferenceItem":[{"Value":"%s","Key":"SecurityCredential"}]}',
        '{"payload":"{\\"SecurityCredential\\":\\"%s\\"}"}',
        '{"payload":"{\\\\\\"Password\\\\\\": \\\\\\"%s',
        "SecurityCredential=%s&Amount=10",
        "<SecurityCredential>%s</SecurityCredential>",
        "Authorization: Bearer %s",
        '{"SecurityCredential":%s}',
        '{"InitiatorPassword":"a\\"%s"}',
    ],
)
def test_a_credential_is_redacted_wherever_it_stands(body: str) -> None:
    redacted = redact((body % SECRET).encode())

    assert SECRET.encode() not in redacted


@pytest.mark.parametrize("body", ['{"x":"%s"}', "%s", '"%s', '{"\\u0053ecurity":"%s"}'])
def test_a_credential_is_known_by_its_shape_too(body: str) -> None:
    for written in (CREDENTIAL, CREDENTIAL.replace("/", "\\/"), CREDENTIAL.replace("+", "%2B")):
        assert written.encode() not in redact(body.replace("%s", written).encode())


def test_utf_16_hides_no_credential() -> None:
    body = json.dumps({"SecurityCredential": SECRET}).encode("utf-16")

    assert SECRET.encode() not in redact(body).replace(b"\x00", b"")


@pytest.mark.parametrize("name", [*RESULTS, *ANSWERS])
def test_a_message_without_a_credential_is_stored_as_it_came(name: str) -> None:
    if name not in {"queue_timeout", "queue_timeout_of_query"}:
        assert redact(sample(name)) == sample(name)


@given(before=JSON, after=JSON, name=st.sampled_from(["SecurityCredential", "Password", "access_token"]))
def test_redacted_json_stays_json(before: object, after: object, name: str) -> None:
    body = json.dumps({"before": before, name: SECRET, "after": after}).encode()

    redacted = redact(body)

    assert SECRET.encode() not in redacted
    assert json.loads(redacted)[name] == "[redacted]"


@given(body=st.binary(max_size=500))
def test_any_bytes_can_be_redacted_and_redacting_twice_changes_nothing(body: bytes) -> None:
    assert redact(redact(body)) == redact(body)


@pytest.mark.parametrize(
    "part", [b'"Value":{', b'"Value":"', b"password:", b'\\"', b"A", b'"Password":"\\', b'"value":"x","key":"', b"  "]
)
def test_redaction_takes_linear_time(part: bytes) -> None:
    started = time.process_time()

    redact(part * (MAX_BYTES // len(part)))

    assert time.process_time() - started < 1
