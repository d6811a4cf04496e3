"""The queue between "accepted" and "paid", and the messages at its end, with the faults that befall them."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from bitpesa.sandbox.accounts import Accounts
from bitpesa.sandbox.clock import Timetable
from bitpesa.sandbox.faults import NO_FAULT
from bitpesa.sandbox.messages import Messages
from bitpesa.sandbox.payments import Payment, Payments
from bitpesa.sandbox.results import payment_result

LATE_SECONDS = 30


class PaymentQueue:
    def __init__(self, payments: Payments, accounts: Accounts, timetable: Timetable, messages: Messages) -> None:
        self._payments = payments
        self._accounts = accounts
        self._timetable = timetable
        self._messages = messages

    def accept(self, payment: Payment) -> None:
        if payment.fault.name == "decline":
            payment = replace(payment, planned_code=payment.fault.text("2040"))
        self._payments.add(payment)
        self._schedule(payment)

    def resume(self) -> None:
        """Take up what was queued when the sandbox stopped."""
        for payment in self._payments.queued():
            self._schedule(payment)

    def process(self, reference: str, at: datetime) -> None:
        """Bring one payment to its end. Harmless when it has come there already."""
        payment = self._payments.find(reference)
        if payment is None or payment.state != "queued":
            return
        if payment.fault.name in {"queue_timeout", "queue_timeout_only"}:
            self._time_out(payment, at)
        else:
            self._announce(self._payments.process(payment, at), at)

    def _schedule(self, payment: Payment) -> None:
        reference = payment.reference
        self._timetable.at(payment.process_at, lambda at: self.process(reference, at))

    def _time_out(self, payment: Payment, at: datetime) -> None:
        """Post the request back as it came; then process it later, or never."""
        self._messages.send("queue_timeout", payment.reference, payment.timeout_url, payment.request, at)
        if payment.fault.name == "queue_timeout_only":
            self._payments.update(replace(payment, state="expired", finished_at=at))
        else:
            process_at = at + timedelta(seconds=payment.fault.seconds(LATE_SECONDS))
            self._schedule(self._payments.update(replace(payment, fault=NO_FAULT, process_at=process_at)))

    def _announce(self, payment: Payment, at: datetime) -> None:
        fault = payment.fault
        if fault.name == "never":
            return
        if fault.name in {"forged_success", "forged_failure"}:
            self._forge(payment, at)
        send_at = at + timedelta(seconds=fault.seconds(LATE_SECONDS)) if fault.name == "late" else at
        amount_kes = payment.amount_kes + (fault.name == "wrong_amount")
        body = payment_result(payment, self._accounts.balances(), amount_kes=amount_kes)
        for _ in range(2 if fault.name == "twice" else 1):
            self._messages.send("b2c_result", payment.reference, payment.result_url, body, send_at)

    def _forge(self, payment: Payment, at: datetime) -> None:
        """Send what somebody would who knows everything but the secret in the address."""
        code = "0" if payment.fault.name == "forged_success" else "2001"
        body = payment_result(replace(payment, result_code=code), self._accounts.balances())
        self._messages.send("forged", payment.reference, with_other_token(payment.result_url), body, at)


def with_other_token(url: str) -> str:
    """Replace the longest part of the path, where the secret is, by another of its length."""
    parts = urlsplit(url)
    segments = parts.path.split("/")
    longest = max(range(len(segments)), key=lambda i: len(segments[i]))
    segments[longest] = secrets.token_hex(len(segments[longest]) // 2 + 1)[: len(segments[longest])]
    return urlunsplit(parts._replace(path="/".join(segments)))
