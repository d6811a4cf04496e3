"""Status and balance queries: accepted at once, answered by a message a moment later."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from bitpesa.sandbox import results
from bitpesa.sandbox.accounts import Accounts
from bitpesa.sandbox.books import Books
from bitpesa.sandbox.clock import Timetable
from bitpesa.sandbox.faults import Fault
from bitpesa.sandbox.messages import Messages
from bitpesa.sandbox.payments import Payment, Payments

LATE_SECONDS = 30
NOT_FOUND = "R000002"
STATUS_BY_STATE = {"queued": "Initiated", "paid": "Completed", "declined": "Declined", "expired": "Expired"}


@dataclass(frozen=True, slots=True)
class Question:
    """A query. `planned_code` is the ResultCode it will be refused with, or ""."""

    conversation_id: str
    originator_id: str
    kind: str
    reference: str
    receipt: str
    planned_code: str
    fault: Fault
    result_url: str
    timeout_url: str
    answer_at: datetime

    @property
    def ids(self) -> tuple[str, str]:
        return self.originator_id, self.conversation_id


class Questions:
    def __init__(
        self, books: Books, payments: Payments, accounts: Accounts, timetable: Timetable, messages: Messages
    ) -> None:
        self._books = books
        self._payments = payments
        self._accounts = accounts
        self._timetable = timetable
        self._messages = messages

    def accept(self, question: Question) -> None:
        q = question
        self._books.write(
            "INSERT INTO questions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            *(q.conversation_id, q.originator_id, q.kind, q.reference, q.receipt, q.planned_code, q.fault.dump()),
            *(q.result_url, q.timeout_url, q.answer_at.isoformat()),
        )
        self._schedule(question)

    def resume(self) -> None:
        """Take up what was unanswered when the sandbox stopped."""
        for row in self._books.all("SELECT * FROM questions WHERE is_answered = 0"):
            self._schedule(_question(row))

    def _schedule(self, question: Question) -> None:
        self._timetable.at(question.answer_at, lambda at: self._answer(question, at))

    def _answer(self, question: Question, at: datetime) -> None:
        self._books.write("UPDATE questions SET is_answered = 1 WHERE conversation_id = ?", question.conversation_id)
        fault = question.fault
        if fault.name == "never":
            return
        send_at = at + timedelta(seconds=fault.seconds(LATE_SECONDS)) if fault.name == "late" else at
        body, about = self._answer_body(question, at), question.reference or question.receipt
        for _ in range(2 if fault.name == "twice" else 1):
            self._messages.send("query_answer", about, question.result_url, body, send_at)

    def _answer_body(self, question: Question, at: datetime) -> str:
        code = question.planned_code
        if question.fault.name == "error":
            code = question.fault.text("17")
        if code:
            return results.query_failure(question.ids, code, at)
        if question.kind == "balance":
            return results.balance_answer(question.ids, self._accounts.balances(), at)
        return self._status_body(question, at)

    def _status_body(self, question: Question, at: datetime) -> str:
        payment = self._payments.find(question.reference, question.receipt)
        if payment is None or question.fault.name == "not_found":
            return results.query_failure(question.ids, NOT_FOUND, at)
        if question.fault.name == "names_other":
            payment = self._payments.other_than(payment)
        status = self._status(payment, question.fault)
        twice = question.fault.name == "debit_party_twice"
        return results.status_answer(question.ids, payment, status, debit_party_twice=twice)

    def _status(self, payment: Payment, fault: Fault) -> str:
        return fault.text("Initiated") if fault.name == "status" else STATUS_BY_STATE[payment.state]


def _question(row: sqlite3.Row) -> Question:
    values = {name: row[name] for name in Question.__slots__}
    answer_at = datetime.fromisoformat(row["answer_at"])
    return Question(**{**values, "fault": Fault.load(row["fault"]), "answer_at": answer_at})
