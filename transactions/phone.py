"""Kenyan mobile numbers (MSISDN): one canonical form, 254 and nine digits.

A prefix does not prove the network, since numbers are ported: M-Pesa's own answer decides whether one is registered.
"""

import re
from dataclasses import dataclass

_CANONICAL = re.compile(r"254[17]\d{8}")
_TYPED = re.compile(r"(?:\+?254|0)?([17]\d{8})", re.ASCII)
_SEPARATORS = re.compile(r"[ \-().]")


@dataclass(frozen=True, slots=True)
class Msisdn:
    """A Kenyan mobile number in canonical form: `254712345678`."""

    value: str

    def __post_init__(self) -> None:
        if not _CANONICAL.fullmatch(self.value) or not self.value.isascii():
            raise ValueError("not a canonical Kenyan mobile number")

    @classmethod
    def parse(cls, typed: str) -> "Msisdn":
        """Read a number as people type it: 0712 345 678, +254 112 345678, 712345678.

        Raises ValueError if it is no Kenyan mobile number: ask for it again.
        """
        match = _TYPED.fullmatch(_SEPARATORS.sub("", typed.strip()[:40]))
        if not match:
            raise ValueError("not a Kenyan mobile number")
        return cls("254" + match[1])

    @property
    def masked(self) -> str:
        """Enough to recognise it, too little to call it: `2547•••678`."""
        return mask(self.value)


def mask(value: str) -> str:
    """Mask an MSISDN for display."""
    return f"{value[:4]}•••{value[-3:]}" if len(value) == 12 else "•••"
