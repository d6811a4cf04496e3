"""Every vector of BOLT #11, our own checks on a returned invoice, and whatever else somebody may send."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bech32 import CHARSET, bech32_encode, convertbits
from coincurve import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from transactions.providers.lightning.bolt11 import MAX_CHARACTERS, DecodedInvoice, InvalidInvoice, check, decode

VECTORS = json.loads((Path(__file__).parent / "bolt11_vectors.json").read_text())
VALID: list[dict[str, Any]] = VECTORS["valid"]
INVALID: list[dict[str, Any]] = VECTORS["invalid"]
COFFEE = VALID[1]
COFFEE_EXPIRES_AT = datetime.fromtimestamp(1496314658 + 60, UTC)
HASH_AND_SECRET = {"p": bytes(range(32)), "s": b"\x11" * 32}
KEY = PrivateKey(b"\x01" * 32)


def as_vector(decoded: DecodedInvoice) -> dict[str, Any]:
    """Write a decoded invoice in the words of the vectors, leaving out what the invoice leaves out."""
    optional = {
        "description": decoded.description,
        "description_hash": decoded.description_hash,
        "metadata": decoded.metadata,
        "fallback": decoded.fallback and {"version": decoded.fallback.version, "program_hex": decoded.fallback.program},
        "route_hints": [[hop_as_vector(hop) for hop in hint] for hint in decoded.route_hints] or None,
    }
    return {
        "currency": decoded.network,
        "amount_msat": decoded.amount_msat,
        "timestamp": decoded.created_at.timestamp(),
        "payment_hash": decoded.payment_hash,
        "payment_secret": decoded.payment_secret,
        "feature_bits": sorted(decoded.features),
        "r_hex": decoded.signature[:64],
        "s_hex": decoded.signature[64:128],
        "recovery_id": int(decoded.signature[128:]),
        "payee_pubkey": decoded.payee,
        "expiry_effective": decoded.expiry_seconds,
        "min_final_cltv_effective": decoded.min_final_cltv_expiry,
    } | {name: value for name, value in optional.items() if value is not None}


def hop_as_vector(hop: Any) -> dict[str, Any]:
    return {name: getattr(hop, name) for name in hop.__slots__}


def words(data: bytes) -> list[int]:
    return list(convertbits(data, 8, 5) or ())


def field(tag: str, content: list[int]) -> list[int]:
    return [CHARSET.index(tag), len(content) >> 5, len(content) & 31, *content]


def signed(fields: list[int], *, prefix: str = "lnbcrt10u", key: PrivateKey = KEY) -> str:
    """Encode and sign an invoice made of these words."""
    data = [*[0] * 7, *fields]
    signature = key.sign_recoverable(prefix.encode() + bytes(convertbits(data, 5, 8) or ()))
    return bech32_encode(prefix, data + words(signature))


def required_fields() -> list[int]:
    return [word for tag, value in HASH_AND_SECRET.items() for word in field(tag, words(value))] + field("d", [])


@pytest.mark.parametrize("vector", VALID, ids=lambda vector: vector["name"][:60])
def test_a_valid_vector_is_read_as_the_specification_says(vector: dict[str, Any]) -> None:
    proved_by_the_payee = {"sha256_of_signed_data", "high_s"}
    given_again_with_defaults = {"expiry", "min_final_cltv_expiry_delta"}

    decoded = decode(vector["invoice"])

    expected = vector["expected"]
    assert as_vector(decoded) == {
        name: expected[name] for name in expected.keys() - proved_by_the_payee - given_again_with_defaults
    }
    assert decoded.expires_at == decoded.created_at + timedelta(seconds=expected["expiry_effective"])
    assert decoded.expiry_seconds == expected.get("expiry", 3600)
    assert decoded.min_final_cltv_expiry == expected.get("min_final_cltv_expiry_delta", 18)


@pytest.mark.parametrize("vector", INVALID, ids=lambda vector: vector["name"][:60])
def test_an_invalid_vector_is_refused_for_its_reason(vector: dict[str, Any]) -> None:
    with pytest.raises(InvalidInvoice) as refused:
        decode(vector["invoice"])

    assert str(refused.value) == vector["expected_failure"]
    assert refused.value.code == vector["expected_failure"].split()[0]


def test_the_vectors_are_all_there() -> None:
    assert (len(VALID), len(INVALID)) == (16, 10)


@pytest.mark.parametrize(
    ("network", "prefix"), [("bc", "lnbc1m"), ("tb", "lntb"), ("tbs", "lntbs1u"), ("bcrt", "lnbcrt1u")]
)
def test_a_network_is_never_taken_for_one_that_begins_alike(network: str, prefix: str) -> None:
    assert decode(signed(required_fields(), prefix=prefix)).network == network


@pytest.mark.parametrize("prefix", ["lnbcr", "lnxy10u", "lightning:lnbc10u", "lnbc-1u", "bc"])
def test_an_unknown_network_is_refused(prefix: str) -> None:
    with pytest.raises(InvalidInvoice, match="unknown_network"):
        decode(signed(required_fields(), prefix=prefix))


def test_a_named_payee_counts_if_it_signed() -> None:
    named = field("n", words(KEY.public_key.format()))

    assert decode(signed(required_fields() + named)).payee == KEY.public_key.format().hex()


def test_a_named_payee_that_did_not_sign_is_refused() -> None:
    named = field("n", words(KEY.public_key.format()))

    with pytest.raises(InvalidInvoice, match="bad_signature"):
        decode(signed(required_fields() + named, key=PrivateKey(b"\x02" * 32)))


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("missing_payment_hash", field("s", words(b"\x11" * 32)) + field("d", [])),
        ("bad_description", required_fields()[:-3]),
        ("bad_description", required_fields() + field("h", words(b"\x22" * 32))),
        ("bad_description", required_fields()[:-3] + field("d", words(b"\xff\xfe"))),
        ("bad_expiry", required_fields() + field("x", [31] * 12)),
        ("bad_expiry", required_fields() + field("x", [31] * 1000)),
        ("bad_route_hint", required_fields() + field("r", words(b"\x02" * 50))),
        ("truncated_field", [*required_fields(), CHARSET.index("d"), 0]),
        ("truncated_field", [*required_fields(), CHARSET.index("d"), 31, 31, 1]),
    ],
)
def test_a_well_signed_invoice_that_makes_no_sense_is_refused(code: str, fields: list[int]) -> None:
    with pytest.raises(InvalidInvoice) as refused:
        decode(signed(fields))

    assert refused.value.code == code


def test_the_length_is_bounded_before_any_work() -> None:
    with pytest.raises(InvalidInvoice, match="too_long"):
        decode("lnbc1" + "q" * MAX_CHARACTERS)


def asked_for(**changed: Any) -> dict[str, Any]:
    wanted = {"network": "bc", "payment_hash": COFFEE["expected"]["payment_hash"], "amount_msat": 250_000_000}
    return wanted | {"expires_by": COFFEE_EXPIRES_AT} | changed


def test_the_invoice_that_was_asked_for_passes() -> None:
    assert check(COFFEE["invoice"], **asked_for()) == decode(COFFEE["invoice"])


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("wrong_network", {"network": "bcrt"}),
        ("wrong_hash", {"payment_hash": "00" * 32}),
        ("wrong_amount", {"amount_msat": 250_000_001}),
        ("wrong_expiry", {"expires_by": COFFEE_EXPIRES_AT - timedelta(seconds=1)}),
    ],
)
def test_another_invoice_than_asked_for_is_refused(code: str, changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidInvoice) as refused:
        check(COFFEE["invoice"], **asked_for(**changed))

    assert refused.value.code == code


def test_an_invoice_without_an_amount_is_never_the_one_asked_for() -> None:
    with pytest.raises(InvalidInvoice, match="wrong_amount"):
        check(VALID[0]["invoice"], **asked_for(expires_by=datetime.max.replace(tzinfo=UTC)))


def decodes_or_is_refused(invoice: str) -> bool:
    try:
        return isinstance(decode(invoice), DecodedInvoice)
    except InvalidInvoice as error:
        return error.code.islower()


@given(st.text(max_size=200))
def test_any_text_is_refused_politely(text: str) -> None:
    assert decodes_or_is_refused(text)


@given(st.sampled_from(VALID), st.data())
def test_an_invoice_with_one_character_changed_is_refused(vector: dict[str, Any], data: st.DataObject) -> None:
    invoice = vector["invoice"].lower()
    position = data.draw(st.integers(0, len(invoice) - 1))
    character = data.draw(st.sampled_from(CHARSET + "1b/Ö").filter(lambda drawn: drawn != invoice[position]))

    with pytest.raises(InvalidInvoice):
        decode(invoice[:position] + character + invoice[position + 1 :])


@given(
    st.from_regex(r"ln(bc|tb|tbs|bcrt)([0-9]{1,30}[munpx]?)?", fullmatch=True),
    st.lists(st.integers(0, 31), max_size=400),
)
def test_any_words_under_a_right_checksum_are_read_or_refused(prefix: str, data: list[int]) -> None:
    assert decodes_or_is_refused(bech32_encode(prefix, data))


@given(st.lists(st.tuples(st.sampled_from(CHARSET), st.lists(st.integers(0, 31), max_size=120)), max_size=8))
def test_any_fields_under_a_right_signature_are_read_or_refused(fields: list[tuple[str, list[int]]]) -> None:
    extra = [word for tag, content in fields for word in field(tag, content)]

    assert decodes_or_is_refused(signed(required_fields() + extra))
