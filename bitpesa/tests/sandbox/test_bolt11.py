"""The invoices the sandbox writes, read back with another bech32 and the node's public key."""

import os
from base64 import b64encode
from hashlib import sha256

import pytest
from bech32 import CHARSET, bech32_decode, convertbits
from coincurve import PublicKey

from bitpesa.sandbox.bolt11 import amount_text


def read(text):
    """Take an invoice apart: prefix, timestamp, fields as words, the key that signed it."""
    prefix, words = bech32_decode(text)
    signature = bytes(convertbits(words[-104:], 5, 8, False))
    digest = sha256(prefix.encode() + bytes(convertbits(words[:-104], 5, 8, True))).digest()
    signer = PublicKey.from_signature_and_message(signature, digest, hasher=None).format().hex()
    return prefix, number(words[:7]), tagged(words[7:-104]), signer


def tagged(words):
    fields = {}
    while words:
        size = words[1] * 32 + words[2]
        fields[CHARSET[words[0]]] = words[3 : 3 + size]
        words = words[3 + size :]
    return fields


def number(words):
    return sum(word << 5 * place for place, word in enumerate(reversed(words)))


def octets(words):
    return bytes(convertbits(words, 5, 8, False))


def test_an_invoice_is_signed_by_the_node_and_says_what_was_asked(lnd):
    preimage = os.urandom(32)
    created = lnd.create(preimage, memo="Agizo 7 ✓", expiry="90", cltv_expiry="144").json()

    prefix, created_at_unix, fields, signer = read(created["payment_request"])

    assert prefix == "lnbcrt2500u"
    assert signer == lnd.http.get("/v1/getinfo").json()["identity_pubkey"]
    assert str(created_at_unix) == lnd.look_up(preimage).json()["creation_date"]
    assert octets(fields["p"]) == sha256(preimage).digest()
    assert b64encode(octets(fields["s"])).decode() == created["payment_addr"]
    assert octets(fields["d"]).decode() == "Agizo 7 ✓"
    assert (number(fields["x"]), number(fields["c"])) == (90, 144)
    assert number(fields["9"]) == 1 << 8 | 1 << 14


def test_a_description_hash_takes_the_place_of_the_description(lnd):
    digest = sha256(b"long text").digest()

    _, _, fields, _ = read(lnd.create(memo=None, description_hash=b64encode(digest).decode()).json()["payment_request"])

    assert octets(fields["h"]) == digest
    assert "d" not in fields


@pytest.mark.parametrize(
    ("amount_msat", "text"),
    [
        (250_000_000, "2500u"),
        (967_878_534, "9678785340p"),
        (1_234_000, "12340n"),
        (100_000_000_000, "1"),
        (2_000_000_000, "20m"),
        (1, "10p"),
        (0, ""),
    ],
)
def test_amounts_take_the_largest_multiplier(amount_msat, text):
    assert amount_text(amount_msat) == text
