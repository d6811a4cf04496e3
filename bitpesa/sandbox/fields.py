"""What Daraja asks of the fields of a request, and of the addresses in them.

Source: Daraja 3.0 pages "Business To Customer", "Transaction Status", "Account Balance" (scrape of December 2025):
required fields, lengths, the words an address must not contain, and `Occassion`, which only B2C spells so.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

Fields = Mapping[str, object]
Check = Callable[[object], bool]

FORBIDDEN_WORDS = re.compile(r"m-?pesa|safaricom|exe|cmd|sql|query|ngrok|requestbin", re.IGNORECASE)
PLAIN_TEXT = re.compile(r"[A-Za-z0-9 .,-]*")
WHOLE_NUMBER = re.compile(r"[1-9]\d{0,8}")
SHORTCODE = re.compile(r"\d{5,7}")
MSISDN = re.compile(r"254\d{9}")
B2C_COMMANDS = {"BusinessPayment", "SalaryPayment", "PromotionPayment"}


def _text(shortest: int, longest: int) -> Check:
    """Plain characters only: requests with others are known to fail."""
    return lambda value: (
        isinstance(value, str) and shortest <= len(value) <= longest and PLAIN_TEXT.fullmatch(value) is not None
    )


def _one_of(*allowed: str) -> Check:
    return lambda value: value in allowed


def _digits(pattern: re.Pattern[str]) -> Check:
    """A number, or a string of digits: both are seen in Daraja's own samples."""
    return lambda value: type(value) in {int, str} and pattern.fullmatch(str(value)) is not None


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 100 and value.isprintable()


def _is_base64(value: object) -> bool:
    try:
        return isinstance(value, str) and len(b64decode(value, validate=True)) > 0
    except (Base64Error, ValueError):
        return False


def _is_address(value: object) -> bool:
    if not isinstance(value, str) or FORBIDDEN_WORDS.search(value):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _optional(check: Check) -> Check:
    return lambda value: value is None or value == "" or check(value)


def _absent(value: object) -> bool:
    return value is None


_ADDRESSES: dict[str, Check] = {"QueueTimeOutURL": _is_address, "ResultURL": _is_address}
_REMARKS = _text(2, 100)

#: in the order they are checked: field → check
B2C: dict[str, Check] = {
    "OriginatorConversationID": _is_reference,
    "InitiatorName": _text(1, 100),
    "SecurityCredential": _is_base64,
    "CommandID": _one_of(*sorted(B2C_COMMANDS)),
    "Amount": _digits(WHOLE_NUMBER),
    "PartyA": _digits(SHORTCODE),
    "PartyB": _digits(MSISDN),
    "Remarks": _REMARKS,
    **_ADDRESSES,
    "Occassion": _optional(_text(1, 100)),
}
BALANCE: dict[str, Check] = {
    "Initiator": _text(1, 100),
    "SecurityCredential": _is_base64,
    "CommandID": _one_of("AccountBalance"),
    "PartyA": _digits(SHORTCODE),
    "IdentifierType": lambda value: str(value) == "4",
    "Remarks": _REMARKS,
    **_ADDRESSES,
}
STATUS: dict[str, Check] = {
    **BALANCE,
    "CommandID": _one_of("TransactionStatusQuery"),
    "TransactionID": _optional(_text(1, 20)),
    "OriginalConversationID": _optional(_is_reference),
    "Occasion": _optional(_text(1, 100)),
}
#: a field under the other API's spelling is an invalid field, not an unknown one
MISSPELT = {"Occasion": "Occassion", "Occassion": "Occasion"}


def first_invalid(fields: Fields, checks: Mapping[str, Check]) -> str | None:
    """Name the first field that Daraja would refuse."""
    for name, check in checks.items():
        misspelt = MISSPELT.get(name)
        if not check(fields.get(name)) or (misspelt and not _absent(fields.get(misspelt))):
            return name
    return None
