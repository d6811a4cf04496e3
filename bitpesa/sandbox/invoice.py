"""An invoice of the node, and the wish for one. Hashes, secret and preimage are hex."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

FINAL = frozenset({"SETTLED", "CANCELED"})


@dataclass(frozen=True, slots=True)
class InvoiceWish:
    """What an invoice is asked to be."""

    payment_hash: str
    value_msat: int
    memo: str = ""
    description_hash: str = ""
    expiry_seconds: int = 86_400
    cltv_expiry: int = 80
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as the books have it. No preimage before it is settled."""

    add_index: int
    payment_hash: str
    bolt11: str
    memo: str
    description_hash: str
    payment_secret: str
    value_msat: int
    expiry_seconds: int
    cltv_expiry: int
    is_private: bool
    state: str
    created_at: datetime
    accepted_at: datetime | None
    resolved_at: datetime | None
    amt_paid_msat: int
    accept_height: int
    expiry_height: int
    settle_index: int
    preimage: str

    @property
    def expires_at(self) -> datetime:
        return self.created_at + timedelta(seconds=self.expiry_seconds)


def from_row(row: sqlite3.Row) -> Invoice:
    values = dict(row)
    for name in ("created_at", "accepted_at", "resolved_at"):
        values[name] = datetime.fromisoformat(row[name]) if row[name] else None
    return Invoice(**{**values, "is_private": bool(row["is_private"])})
