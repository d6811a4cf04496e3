"""What must never be read in a log: phone numbers, invoices, keys, preimages, passwords. Pure, and never raises.

A value is hidden by what it looks like, wherever it stands, and by what it is called. Better a number too many than one
too few: nothing is ever reconstructed from a log.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from transactions.phone import mask as mask_msisdn

HIDDEN = "•••"
#: nested deeper than this, a value is masked as text
DEPTH = 6
MSISDN_DIGITS = 12

_HIDDEN_NAMES = (
    r"password|passwd|passphrase|secret|token|preimage|credential|macaroon|authorization|cookie|csrf|session_?id"
    r"|(?:api|private|field|lookup|consumer|secret)[_-]?key"
)
_PHONE_NAMES = r"phone|mobile|msisdn|party_?[ab]\b"
_PERSON_NAMES = r"party_?name|public_?name|recipient_?name|first_?name|last_?name"

_HIDDEN_NAME = re.compile(f"{_HIDDEN_NAMES}|{_PERSON_NAMES}", re.IGNORECASE)
_PHONE_NAME = re.compile(_PHONE_NAMES, re.IGNORECASE)

_GAP = r"[ \-().\u00a0]{0,3}"
#: what may stand before a number: no digit or letter, unless the letter belongs to an escape
_START = r"(?:(?<![0-9A-Za-z])|(?<=\\[nrt])|(?<=%2[0B]))"
_END = r"(?![0-9A-Za-z])"
_NUMBERS = (
    # +254 712 345 678, 254712345678, 00254 (0) 712 …
    rf"(?<![0-9])(?:\+|00)?254{_GAP}0?{_GAP}[17](?:{_GAP}[0-9]){{8}}(?![0-9])",
    # 0712 345 678
    rf"{_START}0[17](?:{_GAP}[0-9]){{8}}{_END}",
    # 712 345 678
    rf"(?<![.,]){_START}[17][0-9]{{2}}[ \-]?[0-9]{{3}}[ \-]?[0-9]{{3}}{_END}(?!\.[0-9])",
)
#: M-Pesa writes a party as `254712345678 - JOHN DOE`
_MSISDN = re.compile(rf"(?:{'|'.join(_NUMBERS)})(?P<name> - [^\W\d][^\n\"\\,<>{{}}]{{0,80}})?")
#: what a name is followed by: `=` or `:`, and a quoted or a bare value; quotes may be escaped
_IS = r"(\\?[\"']?\s*[=:]\s*)"
_VALUE = r"(?:b?\\?[\"'](?:[^\"'\\]|\\[^\"'])*|[^\s\"',;&}\])]+)"
#: a pattern is tried only where one of its words occurs: most texts have none, and there is a text in every log line
_PATTERNS = tuple(
    (tuple(words.split()), re.compile(pattern, re.IGNORECASE), masked)
    for words, pattern, masked in (
        ("cookie authorization", rf"((?:set-)?cookie|authorization){_IS}[^\n]+", rf"\1\2{HIDDEN}"),
        ("bearer basic", r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", rf"\1 {HIDDEN}"),
        ("bp_", r"(bp_(?:test|live)_)[\w-]+", rf"\1{HIDDEN}"),
        ("/hooks/", r"(/hooks/[rt]/)[0-9a-f]+", rf"\1{HIDDEN}"),
        ("://", r"(\w://[^:/\s@]*:)[^@/\s]+@", rf"\1{HIDDEN}@"),
        ("lnbc lntb", r"(ln(?:bcrt|tbs|bc|tb)[0-9a-z]{4})[0-9ac-hj-np-z]{40,}([0-9ac-hj-np-z]{4})", r"\1…\2"),
        ("preimage secret token", r"(preimage|secret|token)(\W{1,5})[0-9a-f]{32,}", rf"\1\2{HIDDEN}"),
        (
            "pass secret token preimage credential macaroon csrf session key name",
            rf"((?:{_HIDDEN_NAMES}|{_PERSON_NAMES})\w{{0,30}}){_IS}{_VALUE}",
            rf"\1\2{HIDDEN}",
        ),
    )
)
_NOT_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
_DIGITS_OF_A_NUMBER = 9


def mask_text(text: str) -> str:
    """Mask everything in a text that looks like, or is called, something secret."""
    if text.isalpha():
        return text
    lowered = text.lower()
    for words, pattern, masked in _PATTERNS:
        for word in words:
            if word in lowered:
                text = pattern.sub(masked, text)
                break
    if len(text.encode(errors="replace").translate(None, delete=_NOT_DIGITS)) < _DIGITS_OF_A_NUMBER:
        return text
    return _MSISDN.sub(_mask_number, text)


def _mask_number(match: re.Match[str]) -> str:
    number, name = match[0].removesuffix(match["name"] or ""), match["name"]
    digits = re.sub(r"\D", "", number)
    return mask_msisdn("254" + digits[-9:]) + (f" - {HIDDEN}" if name else "")


def mask(name: str, value: Any, *, depth: int = DEPTH) -> Any:
    """Mask a value that is called `name`. Whatever is no plain value becomes masked text."""
    if value is None or isinstance(value, bool | float):
        return value
    if _is_secret(name):
        return HIDDEN
    if isinstance(value, Mapping) and depth:
        return mask_items(value, depth=depth - 1)
    if isinstance(value, list | tuple | set | frozenset) and depth:
        return [mask(name, one, depth=depth - 1) for one in value]
    return _mask_plain(name, value)


def mask_items(values: Mapping[Any, Any], *, depth: int = DEPTH) -> dict[str, Any]:
    """Mask the keys and the values of a mapping."""
    return {mask_text(_text(key)): mask(_text(key), value, depth=depth) for key, value in values.items()}


def _mask_plain(name: str, value: Any) -> Any:
    text = _text(value)
    is_amount = isinstance(value, int) and len(text) != MSISDN_DIGITS
    masked = text if is_amount else mask_text(text)
    if masked != text:
        return masked
    if _is_phone(name) and HIDDEN not in text and any(map(str.isdigit, text)):
        return HIDDEN
    return value if isinstance(value, int) else text


@lru_cache(maxsize=1_024)
def _is_secret(name: str) -> bool:
    return bool(_HIDDEN_NAME.search(name))


@lru_cache(maxsize=1_024)
def _is_phone(name: str) -> bool:
    return bool(_PHONE_NAME.search(name))


def _text(value: Any) -> str:
    """Say what a value is; a log line must not fail because of what it is about."""
    if isinstance(value, str):
        return value
    try:
        return str(value)
    except Exception as error:
        return f"<{type(value).__name__}: {type(error).__name__}>"
