"""What a log must not show, by what it looks like and by what it is called."""

import time
from uuid import UUID

import pytest

from monitoring.masking import HIDDEN, mask, mask_items, mask_text
from transactions.phone import Msisdn

HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
INVOICE = "lnbcrt10u1p" + "qpzry9x8gf2tvdw0s3jn54khce6mua7l" * 8

MSISDNS = [
    "254712345678",
    "+254712345678",
    "00254712345678",
    "+254 712 345 678",
    "+254-712-345-678",
    "+254 (0) 712 345 678",
    "254.712.345.678",
    "0712345678",
    "0712 345 678",
    "0712-345-678",
    "(0712) 345678",
    "712345678",
    "712 345 678",
    "%2B254712345678",
    "\\n0712345678",
]


@pytest.mark.parametrize("number", MSISDNS)
@pytest.mark.parametrize("around", ["{}", "paid {} twice", '{{"PartyB": "{}"}}', "tel:{}", "phone={}&x=1", "({})"])
def test_an_msisdn_is_masked_in_any_form_and_anywhere(number: str, around: str) -> None:
    masked = mask_text(around.format(number))

    assert "2547•••678" in masked
    assert "345" not in masked


@pytest.mark.parametrize("number", ["254112345678", "0112345678", "112345678"])
def test_numbers_of_the_newer_prefix_are_masked_too(number: str) -> None:
    assert mask_text(number) == "2541•••678"


def test_the_name_that_follows_a_number_is_masked_with_it() -> None:
    assert mask_text("254708374149 - John Doe paid") == "2547•••149 - •••"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"pay {INVOICE} now", INVOICE[15:-4]),
        (f"LIGHTNING:{INVOICE.upper()}", INVOICE[15:-4].upper()),
        ("key bp_test_Zx81-aa_9 used", "Zx81-aa_9"),
        ("key bp_live_Zx81-aa_9 used", "Zx81-aa_9"),
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("sent Bearer abc.def-123 to them", "abc.def-123"),
        ("sent Basic dXNlcjpwYXNz to them", "dXNlcjpwYXNz"),
        (f"preimage {HEX}", HEX),
        (f"preimage={HEX}", HEX),
        (f"secret: '{HEX}'", HEX),
        (f'{{"token": "{HEX}"}}', HEX),
        ('{"SecurityCredential": "Safr7g+Q=="}', "Safr7g+Q=="),
        ('{\\"SecurityCredential\\": \\"Safr7g+Q==\\"}', "Safr7g+Q=="),
        ("connect postgresql://bitpesa:hunter2@db:5432/bitpesa", "hunter2"),
        ("connect redis://:hunter2@cache:6379/0", "hunter2"),
        ("host=db password=hunter2 dbname=bitpesa", "hunter2"),
        (f"POST /hooks/r/{HEX[:48]}/ 200", HEX[:48]),
        (f"https://hooks.example/hooks/t/{HEX[:48]}/", HEX[:48]),
        ("Cookie: sessionid=abc123; csrftoken=def456", "abc123"),
        ("Cookie: sessionid=abc123; csrftoken=def456", "def456"),
        ("Set-Cookie: sessionid=abc123; HttpOnly", "abc123"),
        ("consumer_key='k-123'", "k-123"),
        ("recipient_name=JANE", "JANE"),
    ],
)
def test_a_secret_in_a_text_is_masked(text: str, secret: str) -> None:
    masked = mask_text(text)

    assert secret not in masked
    assert "•••" in masked or "…" in masked


@pytest.mark.parametrize(
    "text",
    [
        HEX,
        f"payment_hash={HEX}",
        "019a9f3c-1234-7abc-8def-112233445566",
        "019a9f3c12347abc8def112233445566-1",
        "2026-01-22T10:11:12.123456Z",
        "2026-01-12 10:11:12.123456+00:00",
        "192.168.100.101:5432",
        "took 0.712345678 seconds",
        "amount_msat=7123456780",
        "payout_deferred -> payout_submitting",
        "already 2547•••678",
        "http://127.0.0.1:8000/pay/abc",
    ],
)
def test_what_identifies_nobody_stays_readable(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    "name", ["password", "consumer_secret", "access_token", "preimage", "SecurityCredential", "cookies"]
)
def test_a_value_is_hidden_by_its_name(name: str) -> None:
    assert mask(name, {"anything": ["at", "all"]}) == HIDDEN


@pytest.mark.parametrize("value", ["+1 415 555 0100", 712345678, "07123"])
def test_whatever_is_called_a_phone_is_hidden_even_if_it_is_no_kenyan_number(value: object) -> None:
    assert mask("phone", value) == HIDDEN


def test_keys_and_values_are_masked_however_deep_they_lie() -> None:
    masked = mask_items({"seen": [{"0712345678": {"note": ("call 254712345678",)}}]})

    assert masked == {"seen": [{"2547•••678": {"note": ["call 2547•••678"]}}]}


def test_deeper_than_that_a_value_is_masked_as_text() -> None:
    nested: object = "254712345678"
    for _ in range(20):
        nested = [nested]

    assert "254712345678" not in str(mask("nested", nested))


def test_numbers_and_objects_are_masked_by_what_they_say() -> None:
    masked = mask_items({"to": 254712345678, "msisdn": Msisdn("254712345678"), "body": b"PartyB=254712345678"})

    assert "345" not in str(masked)


def test_amounts_and_plain_values_keep_their_type() -> None:
    values = {"amount_msat": 712_345_678, "amount_kes": 500, "seconds": 0.5, "is_late": True, "none": None}

    assert mask_items(values) == values


def test_an_identifier_is_written_as_text() -> None:
    assert mask("transaction", UUID(int=7)) == "00000000-0000-0000-0000-000000000007"


def test_an_object_that_cannot_be_written_does_not_break_the_log() -> None:
    class Broken:
        def __str__(self) -> str:
            raise ValueError("254712345678")

    assert mask("what", Broken()) == "<Broken: ValueError>"


@pytest.mark.parametrize(
    "text", ["7" * 60_000, "254 (" * 12_000, "token" * 12_000, "lnbc" + "1q" * 30_000, "0-" * 30_000]
)
def test_a_long_text_takes_no_long_time(text: str) -> None:
    started = time.perf_counter()
    mask_text(text)

    assert time.perf_counter() - started < 2
