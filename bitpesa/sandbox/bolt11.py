"""Writing Lightning invoices: BOLT 11 on regtest, signed with the node's key.

Source: BOLT 11 (lightning/bolts). Only what the node issues is written; nothing is read.
"""

import hashlib
from dataclasses import dataclass

from coincurve import PrivateKey

PREFIX = "lnbcrt"
CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
#: feature bits 8 (onion in TLV form) and 14 (payment secret), both required, as 5-bit words from the highest bit down
FEATURES = [0b10000, 0b01000, 0b00000]
#: millisatoshi per unit of each multiplier, the largest first
MULTIPLIERS = (("", 100_000_000_000), ("m", 100_000_000), ("u", 100_000), ("n", 100))


@dataclass(frozen=True, slots=True)
class InvoiceTerms:
    """What an invoice says. A zero amount means any amount."""

    payment_hash: bytes
    payment_secret: bytes
    amount_msat: int
    memo: str
    description_hash: bytes
    created_at_unix: int
    expiry_seconds: int
    cltv_expiry: int


def encode(terms: InvoiceTerms, node_key: PrivateKey) -> str:
    """Return the signed invoice."""
    human = PREFIX + amount_text(terms.amount_msat)
    words = _data_words(terms)
    digest = hashlib.sha256(human.encode() + _to_octets(words)).digest()
    words += _to_words(node_key.sign_recoverable(digest, hasher=None))
    words += _checksum(human, words)
    return human + "1" + "".join([CHARSET[word] for word in words])


def amount_text(amount_msat: int) -> str:
    """Write an amount with the largest multiplier that keeps it whole: 250,000,000 msat is `2500u`."""
    if amount_msat == 0:
        return ""
    for letter, unit_msat in MULTIPLIERS:
        if amount_msat % unit_msat == 0:
            return f"{amount_msat // unit_msat}{letter}"
    return f"{amount_msat * 10}p"


def _data_words(terms: InvoiceTerms) -> list[int]:
    words = [terms.created_at_unix >> shift & 31 for shift in range(30, -1, -5)]
    words += _field("s", _to_words(terms.payment_secret))
    words += _field("p", _to_words(terms.payment_hash))
    if terms.description_hash:
        words += _field("h", _to_words(terms.description_hash))
    else:
        words += _field("d", _to_words(terms.memo.encode()))
    words += _field("x", _number_words(terms.expiry_seconds))
    words += _field("c", _number_words(terms.cltv_expiry))
    return words + _field("9", FEATURES)


def _field(tag: str, words: list[int]) -> list[int]:
    return [CHARSET.index(tag), len(words) >> 5, len(words) & 31, *words]


def _number_words(number: int) -> list[int]:
    words = [number & 31]
    while number := number >> 5:
        words.insert(0, number & 31)
    return words


def _to_words(octets: bytes) -> list[int]:
    """Cut into groups of five bits, with zeros at the end."""
    count = -(-len(octets) * 8 // 5)
    number = int.from_bytes(octets, "big") << (count * 5 - len(octets) * 8)
    return [number >> shift & 31 for shift in range(count * 5 - 5, -1, -5)]


def _to_octets(words: list[int]) -> bytes:
    """Join groups of five bits, with zeros at the end, as the signature covers them."""
    size = -(-len(words) * 5 // 8)
    number = 0
    for word in words:
        number = number << 5 | word
    return (number << (size * 8 - len(words) * 5)).to_bytes(size, "big")


def _checksum(human: str, words: list[int]) -> list[int]:
    """Source: BIP 173 (bech32)."""
    expanded = [ord(letter) >> 5 for letter in human] + [0] + [ord(letter) & 31 for letter in human]
    remainder = 1
    for word in (*expanded, *words, 0, 0, 0, 0, 0, 0):
        remainder = (remainder & 0x1FFFFFF) << 5 ^ word ^ REMAINDERS[remainder >> 25]
    return [(remainder ^ 1) >> shift & 31 for shift in range(25, -1, -5)]


def _remainder(top: int) -> int:
    remainder = 0
    for bit, generator in enumerate(GENERATOR):
        remainder ^= generator if top >> bit & 1 else 0
    return remainder


#: what the five bits that leave the checksum's register add to it
REMAINDERS = [_remainder(top) for top in range(32)]
