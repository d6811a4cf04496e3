"""Read a BOLT 11 invoice, and check that a node made the one we asked for before a payer sees it.

Source: BOLT #11, "Invoice Protocol for Lightning Payments"; feature bits from BOLT #9.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bech32 import CHARSET, bech32_verify_checksum, convertbits
from coincurve import PublicKey

MAX_CHARACTERS = 4_096
CHECKSUM_WORDS = 6
TIMESTAMP_WORDS = 7
SIGNATURE_WORDS = 104
HOP_BYTES = 51

DEFAULT_EXPIRY_SECONDS = 3_600
DEFAULT_MIN_FINAL_CLTV_EXPIRY = 18

#: Even bits a payer has to understand and we do: onion, payment secret, multi-part, blinding, attribution, metadata.
KNOWN_EVEN_FEATURE_BITS = frozenset({8, 14, 16, 24, 36, 48})
#: Pay to public key hash, pay to script hash, and the two witness versions in use; others are skipped, says the BOLT.
KNOWN_FALLBACK_VERSIONS = frozenset({17, 18, 0, 1})

_PREFIX = re.compile(r"ln(bcrt|bc|tbs|tb)(?:([0-9]+)([^0-9]*))?")
_PICOBITCOIN_PER_UNIT = {"": 10**12, "m": 10**9, "u": 10**6, "n": 10**3, "p": 1}
_PICOBITCOIN_PER_MSAT = 10
_CURVE_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
#: A field of a fixed length is skipped when it has another one.
_FIXED_WORDS = {"p": 52, "s": 52, "h": 52, "n": 53}


class InvalidInvoice(ValueError):
    """The text is no invoice a payer may be shown. `code` names the reason and never changes."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".rstrip())
        self.code = code


@dataclass(frozen=True, slots=True)
class RouteHop:
    """One channel of a hint that leads to a private node."""

    pubkey: str
    short_channel_id: str
    fee_base_msat: int
    fee_proportional_millionths: int
    cltv_expiry_delta: int


@dataclass(frozen=True, slots=True)
class Fallback:
    """An on-chain address as its version and program (hex)."""

    version: int
    program: str


@dataclass(frozen=True, slots=True)
class DecodedInvoice:
    """What an invoice says, its signature verified. Hashes, keys and bytes are lower-case hex."""

    network: str
    #: None: the payer chooses
    amount_msat: int | None
    created_at: datetime
    expiry_seconds: int
    expires_at: datetime
    payment_hash: str
    payment_secret: str
    #: written by whoever made the invoice: escape it before showing it
    description: str | None
    description_hash: str | None
    metadata: str | None
    min_final_cltv_expiry: int
    payee: str
    features: frozenset[int]
    route_hints: tuple[tuple[RouteHop, ...], ...]
    fallback: Fallback | None
    #: r, s and the recovery id
    signature: str


def check(invoice: str, *, network: str, payment_hash: str, amount_msat: int, expires_by: datetime) -> DecodedInvoice:
    """Return the invoice decoded if it is the one that was asked for. Called before any payer sees it.

    Raises InvalidInvoice: `wrong_network`, `wrong_hash`, `wrong_amount`, `wrong_expiry`, or why it cannot be read.
    """
    decoded = decode(invoice)
    if decoded.network != network:
        raise InvalidInvoice("wrong_network", f"{decoded.network}, not {network}")
    if decoded.payment_hash != payment_hash:
        raise InvalidInvoice("wrong_hash", f"{decoded.payment_hash}, not {payment_hash}")
    if decoded.amount_msat != amount_msat:
        raise InvalidInvoice("wrong_amount", f"{decoded.amount_msat} msat, not {amount_msat}")
    if decoded.expires_at > expires_by:
        raise InvalidInvoice("wrong_expiry", f"{decoded.expires_at}, later than {expires_by}")
    return decoded


def decode(invoice: str) -> DecodedInvoice:
    """Decode an invoice and verify its checksum and signature.

    Raises InvalidInvoice, and nothing else, whatever the text.
    """
    prefix, words = _split(invoice)
    network, amount_msat = _read_prefix(prefix)
    if len(words) < TIMESTAMP_WORDS + SIGNATURE_WORDS:
        raise InvalidInvoice("too_short")
    signed, signature = words[:-SIGNATURE_WORDS], _bytes(words[-SIGNATURE_WORDS:])
    fields = _read_fields(signed[TIMESTAMP_WORDS:])
    created_at = datetime.fromtimestamp(_integer(signed[:TIMESTAMP_WORDS]), UTC)
    expiry_seconds = _integer_field(fields, "x", DEFAULT_EXPIRY_SECONDS)
    description, description_hash = _read_description(fields)
    return DecodedInvoice(
        network=network,
        amount_msat=amount_msat,
        created_at=created_at,
        expiry_seconds=expiry_seconds,
        expires_at=_add_seconds(created_at, expiry_seconds),
        payment_hash=_required(fields, "p", "missing_payment_hash"),
        payment_secret=_required(fields, "s", "missing_payment_secret"),
        description=description,
        description_hash=description_hash,
        metadata=_bytes(fields["m"][0]).hex() if "m" in fields else None,
        min_final_cltv_expiry=_integer_field(fields, "c", DEFAULT_MIN_FINAL_CLTV_EXPIRY),
        payee=_verify_payee(prefix, signed, signature, fields),
        features=_read_features(fields),
        route_hints=tuple(_read_hint(_bytes(hint)) for hint in fields.get("r", [])),
        fallback=_read_fallback(fields.get("f", [])),
        signature=signature.hex(),
    )


def _split(invoice: str) -> tuple[str, list[int]]:
    """Undo the Bech32: the readable prefix, and the data in words of five bits."""
    if len(invoice) > MAX_CHARACTERS:
        raise InvalidInvoice("too_long")
    if not invoice.isascii() or not invoice.isprintable():
        raise InvalidInvoice("bad_character")
    if invoice not in (invoice.lower(), invoice.upper()):
        raise InvalidInvoice("mixed_case")
    prefix, separator, data = invoice.lower().rpartition("1")
    if not separator:
        raise InvalidInvoice("no_separator")
    if any(character not in CHARSET for character in data):
        raise InvalidInvoice("bad_character")
    words = [CHARSET.index(character) for character in data]
    if not bech32_verify_checksum(prefix, words):
        raise InvalidInvoice("bad_checksum")
    return prefix, words[:-CHECKSUM_WORDS]


def _read_prefix(prefix: str) -> tuple[str, int | None]:
    match = _PREFIX.fullmatch(prefix)
    if not match:
        raise InvalidInvoice("unknown_network")
    network, number, multiplier = match.groups()
    if number is None:
        return network, None
    if multiplier not in _PICOBITCOIN_PER_UNIT:
        raise InvalidInvoice("bad_multiplier")
    amount_msat, remainder = divmod(int(number) * _PICOBITCOIN_PER_UNIT[multiplier], _PICOBITCOIN_PER_MSAT)
    if remainder:
        raise InvalidInvoice("sub_millisatoshi")
    return network, amount_msat


def _read_fields(words: list[int]) -> dict[str, list[list[int]]]:
    """Cut the tagged fields apart: tag → the words of each, in order, those of a wrong length skipped."""
    fields: dict[str, list[list[int]]] = {}
    position = 0
    while position < len(words):
        if position + 3 > len(words):
            raise InvalidInvoice("truncated_field")
        tag, start = CHARSET[words[position]], position + 3
        position = start + _integer(words[position + 1 : start])
        if position > len(words):
            raise InvalidInvoice("truncated_field")
        if _FIXED_WORDS.get(tag, position - start) == position - start:
            fields.setdefault(tag, []).append(words[start:position])
    return fields


def _required(fields: dict[str, list[list[int]]], tag: str, code: str) -> str:
    if tag not in fields:
        raise InvalidInvoice(code)
    return _bytes(fields[tag][0]).hex()


def _integer_field(fields: dict[str, list[list[int]]], tag: str, default: int) -> int:
    return _integer(fields[tag][0]) if tag in fields else default


def _read_description(fields: dict[str, list[list[int]]]) -> tuple[str | None, str | None]:
    if ("d" in fields) == ("h" in fields):
        raise InvalidInvoice("bad_description", "neither or both of d and h")
    if "h" in fields:
        return None, _bytes(fields["h"][0]).hex()
    try:
        return _bytes(fields["d"][0]).decode(), None
    except UnicodeDecodeError as error:
        raise InvalidInvoice("bad_description", "not UTF-8") from error


def _read_features(fields: dict[str, list[list[int]]]) -> frozenset[int]:
    words = fields["9"][0] if "9" in fields else []
    bits = _integer(words)
    features = frozenset(bit for bit in range(5 * len(words)) if bits >> bit & 1)
    unknown = sorted(bit for bit in features - KNOWN_EVEN_FEATURE_BITS if bit % 2 == 0)
    if unknown:
        raise InvalidInvoice("unknown_even_feature_bit", str(unknown))
    return features


def _read_hint(data: bytes) -> tuple[RouteHop, ...]:
    if not data or len(data) % HOP_BYTES:
        raise InvalidInvoice("bad_route_hint")
    return tuple(_read_hop(data[start : start + HOP_BYTES]) for start in range(0, len(data), HOP_BYTES))


def _read_hop(data: bytes) -> RouteHop:
    block, transaction, output = data[33:36], data[36:39], data[39:41]
    return RouteHop(
        pubkey=data[:33].hex(),
        short_channel_id="x".join(str(int.from_bytes(part)) for part in (block, transaction, output)),
        fee_base_msat=int.from_bytes(data[41:45]),
        fee_proportional_millionths=int.from_bytes(data[45:49]),
        cltv_expiry_delta=int.from_bytes(data[49:51]),
    )


def _read_fallback(fields: Sequence[list[int]]) -> Fallback | None:
    known = [words for words in fields if words and words[0] in KNOWN_FALLBACK_VERSIONS]
    return Fallback(version=known[0][0], program=_bytes(known[0][1:]).hex()) if known else None


def _verify_payee(prefix: str, signed: list[int], signature: bytes, fields: dict[str, list[list[int]]]) -> str:
    """Return whose signature this is: of the key the invoice names, or else of the key the signature gives away."""
    message = prefix.encode() + _bytes(signed, is_padded=True)
    if "n" not in fields:
        payee = _recover(signature, message)
        if payee is None:
            raise InvalidInvoice("signature_not_recoverable")
        return payee
    if int.from_bytes(signature[32:64]) > _CURVE_ORDER // 2:
        raise InvalidInvoice("high_s_with_n")
    named = _bytes(fields["n"][0]).hex()
    # A key that is named has signed if it is one of those the signature fits, whatever the recovery id says.
    if named not in [_recover(signature[:64] + bytes([recovery_id]), message) for recovery_id in range(4)]:
        raise InvalidInvoice("bad_signature")
    return named


def _recover(signature: bytes, message: bytes) -> str | None:
    try:
        return PublicKey.from_signature_and_message(signature, message).format().hex()
    except ValueError:
        return None


def _add_seconds(instant: datetime, seconds: int) -> datetime:
    try:
        return instant + timedelta(seconds=seconds)
    except OverflowError as error:
        raise InvalidInvoice("bad_expiry") from error


def _integer(words: Sequence[int]) -> int:
    value = 0
    for word in words:
        value = value << 5 | word
    return value


def _bytes(words: Sequence[int], *, is_padded: bool = False) -> bytes:
    """Words of five bits as bytes; a last incomplete byte is dropped, or filled up with zeros."""
    filled = bytes(convertbits(words, 5, 8) or ())
    return filled if is_padded else filled[: len(words) * 5 // 8]
