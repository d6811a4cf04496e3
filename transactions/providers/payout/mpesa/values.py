"""Single values as M-Pesa writes them. None means that the value does not say, or says it in no documented way."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from transactions.phone import Msisdn

#: East Africa Time has no daylight saving
EAST_AFRICA = timezone(timedelta(hours=3))
MAX_TEXT = 200

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_RECEIPT = re.compile(r"[A-Z0-9]{6,20}")
_SHILLINGS = re.compile(r"([0-9]{1,9})(?:\.0{1,4})?")
_CHARGE = re.compile(r"[^|&]*\|KES\|([0-9]{1,9})(?:\.([0-9]{1,2}))?")
_MSISDN = re.compile(r"(?:\+?254|0)[17][0-9]{8}")
_INSTANTS = (
    (re.compile(r"[0-9]{14}"), "%Y%m%d%H%M%S"),
    (re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}"), "%d.%m.%Y %H:%M:%S"),
)


def text(value: object) -> str | None:
    """Read a string or a number as text that PostgreSQL can keep, cut to MAX_TEXT."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    return _UNSTORABLE.sub("\ufffd", str(value))[:MAX_TEXT]


def receipt(value: object) -> str | None:
    """Read an M-Pesa receipt number: `SG632NMUAB`."""
    found = text(value) or ""
    return found if _RECEIPT.fullmatch(found) else None


def amount_kes(value: object) -> int | None:
    """Read a positive amount of whole shillings: 10, "10" or 10.00, but never 10.50."""
    match = _SHILLINGS.fullmatch(text(value) or "")
    return (int(match[1]) or None) if match else None


def charge_cents(value: object) -> int | None:
    """Read one charge: `Fee For B2C Payment|KES|22.40` is 2240 cents."""
    match = _CHARGE.fullmatch(text(value) or "")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else None


def instant(value: object) -> datetime | None:
    """Read `06.07.2024 22:48:52` or 20240706224852, both East Africa Time, as UTC."""
    written = text(value) or ""
    for shape, layout in _INSTANTS:
        if shape.fullmatch(written):
            try:
                return datetime.strptime(written, layout).replace(tzinfo=EAST_AFRICA).astimezone(UTC)
            except (ValueError, OverflowError):
                return None
    return None


def party(value: object) -> tuple[str | None, str | None]:
    """Read `254708374149 - Jane Doe` as MSISDN and name. A shortcode, a masked or a hashed number is no MSISDN."""
    number, _, name = (text(value) or "").partition("-")
    is_msisdn = _MSISDN.fullmatch(number.strip())
    return (Msisdn.parse(number).value if is_msisdn else None), (name.strip() or None)
