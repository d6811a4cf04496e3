"""Payments to phones: accepted, queued, and only when their time has come paid or declined."""

import sqlite3
from dataclasses import dataclass, fields, replace
from datetime import datetime

from bitpesa.sandbox.accounts import Accounts
from bitpesa.sandbox.books import Books
from bitpesa.sandbox.faults import NO_FAULT, Fault


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as the books have it. `request` is the body it came with."""

    reference: str
    conversation_id: str
    receipt: str
    msisdn: str
    amount_kes: int
    accepted_at: datetime
    process_at: datetime
    result_url: str
    timeout_url: str
    request: str
    fault: Fault = NO_FAULT
    #: decided at acceptance: the ResultCode it will be declined with
    planned_code: str = ""
    state: str = "queued"
    result_code: str = ""
    charge_cents: int = 0
    finished_at: datetime | None = None


COLUMNS = [field.name for field in fields(Payment)]
INSERT = f"INSERT INTO payments ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - constants
UPDATE = (
    "UPDATE payments SET state = ?, result_code = ?, charge_cents = ?, finished_at = ?, process_at = ?, fault = ?"
    " WHERE reference = ?"
)
PUBLIC = [name for name in COLUMNS if name not in {"request", "fault", "planned_code"}]


class Payments:
    """The payments, by reference."""

    def __init__(self, books: Books, accounts: Accounts) -> None:
        self._books = books
        self._accounts = accounts

    def add(self, payment: Payment) -> None:
        self._books.write(INSERT, *[_stored(getattr(payment, name)) for name in COLUMNS])

    def find(self, reference: str, receipt: str = "") -> Payment | None:
        """Find by reference, or by receipt if there is no reference; given both, both have to be right."""
        column, value = ("reference", reference) if reference else ("receipt", receipt)
        row = self._books.one(f"SELECT * FROM payments WHERE {column} = ?", value)  # noqa: S608 - constants
        return _payment(row) if row and receipt in {"", row["receipt"]} else None

    def other_than(self, payment: Payment) -> Payment:
        """Some other payment; a made-up one if there is none."""
        row = self._books.one("SELECT * FROM payments WHERE reference <> ? LIMIT 1", payment.reference)
        if row:
            return _payment(row)
        return replace(payment, reference="some-other-payment", receipt="ZZZ0000001", amount_kes=payment.amount_kes + 1)

    def queued(self) -> list[Payment]:
        return [_payment(row) for row in self._books.all("SELECT * FROM payments WHERE state = 'queued'")]

    def listed(self, **wanted: str) -> list[dict[str, object]]:
        """List what was accepted, by `msisdn`, `reference` or both."""
        chosen = {name: value for name, value in wanted.items() if value}
        condition = "".join(f" AND {name} = ?" for name in chosen)
        sql = f"SELECT {', '.join(PUBLIC)} FROM payments WHERE TRUE{condition} ORDER BY accepted_at"  # noqa: S608
        return [dict(row) for row in self._books.all(sql, *chosen.values())]

    def process(self, payment: Payment, at: datetime) -> Payment:
        """Pay or decline; money moves here and nowhere else."""
        code = payment.planned_code or self._accounts.refusal(payment.msisdn, payment.amount_kes, at)
        if code:
            return self.update(replace(payment, state="declined", result_code=code, finished_at=at))
        charge_cents = self._accounts.pay(payment.msisdn, payment.amount_kes, at)
        return self.update(replace(payment, state="paid", result_code="0", charge_cents=charge_cents, finished_at=at))

    def update(self, payment: Payment) -> Payment:
        p = payment
        changed = (p.state, p.result_code, p.charge_cents, p.finished_at, p.process_at, p.fault)
        self._books.write(UPDATE, *[_stored(value) for value in changed], p.reference)
        return payment


def _stored(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.dump() if isinstance(value, Fault) else value


def _payment(row: sqlite3.Row) -> Payment:
    values = dict(row)
    values["fault"] = Fault.load(row["fault"])
    for name in ("accepted_at", "process_at", "finished_at"):
        values[name] = datetime.fromisoformat(row[name]) if row[name] else None
    return Payment(**values)
