"""A whole bridge in one process, against the sandbox over HTTP, with a clock that can be moved.

The real services and production adapters; no worker and no broker, so that the sweeper has to do everything, as it must
when Redis is gone. Messages come in through a real web server.
"""

import multiprocessing
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
from django.conf import settings

from bitpesa.tests.sandbox_process import SandboxProcess
from transactions import selectors
from transactions.lifecycle import ENDED
from transactions.models import ApiClient, PayoutAttempt, Transaction, TransactionEvent
from transactions.providers import registry
from transactions.providers.payout.base import PayoutOrder
from transactions.services import follower, inbox, invoices, queries, quotes, sweeper

PHONE = "254708374149"
AMOUNT_KES = 250
STEPS = 200
SETTLED_IN_SECONDS = 5.0


class World:
    """Drives one payment through the bridge, as fast as virtual time allows."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self.admin = sandbox.admin
        # Shared with processes that are forked off: their clock goes on as well.
        self._offset_seconds = multiprocessing.Value("l", 0)
        self.client = ApiClient.objects.create(name="A shop", created_at=self.now())
        registry.payouts("mpesa").clock = self.now
        quotes.refresh(at=self.now())

    def now(self) -> datetime:
        """The time of our clock and the sandbox's."""
        return datetime.now(UTC) + timedelta(seconds=self._offset_seconds.value)

    def advance(self, seconds: float) -> None:
        """Let time pass, here and in the sandbox."""
        whole = max(1, round(seconds))
        self._offset_seconds.value += whole
        self.admin.advance(whole)

    def request(self, *, phone: str = PHONE) -> Transaction:
        """Ask for a payment; its invoice is not made yet."""
        wanted = invoices.PaymentRequest(type="send_money", amount_kes=AMOUNT_KES, recipient={"phone": phone})
        return invoices.request(wanted, client=self.client, at=self.now())

    def invoiced(self, *, phone: str = PHONE) -> Transaction:
        """A payment that waits for its payer."""
        row = self.request(phone=phone)
        invoices.issue(row.id, at=self.now())
        return self.read(row.id)

    def held(self, *, phone: str = PHONE) -> Transaction:
        """A payment whose sats are held, and noticed."""
        row = self.invoiced(phone=phone)
        self.pay(row)
        follower.follow(at=self.now())
        return self.read(row.id)

    def pay(self, row: Transaction, *, amount_msat: int | None = None) -> None:
        """Pay the invoice as a wallet does."""
        self.admin.pay(self.read(row.id).lightning_invoice.bolt11, amount_msat)

    def read(self, row_id: UUID) -> Transaction:
        """Read a transaction afresh."""
        return selectors.get_transaction(row_id)

    def sweep(self) -> None:
        """Follow the node, keep the price fresh, and do what is due, once."""
        quotes.refresh_if_late(at=self.now())
        follower.follow(at=self.now())
        sweeper.run(clock=self.now)
        inbox.process_waiting(at=self.now())
        self._let_messages_arrive()

    def run(self, row: Transaction, *, until: Callable[[Transaction], bool] | None = None) -> Transaction:
        """Let time pass until the payment has ended (or `until` says so); returns it. Fails if it never does."""
        done = until or (lambda now: now.status in ENDED or now.status == Transaction.Status.UNDER_REVIEW)
        for _ in range(STEPS):
            self.sweep()
            now = self.read(row.id)
            if done(now):
                return now if until else self._confirm(now)
            self.advance((now.look_at - self.now()).total_seconds() if now.look_at else 1)
        raise AssertionError(f"no end after {STEPS} steps: {self.story(row)}")

    def _confirm(self, row: Transaction) -> Transaction:
        """Ask about what rests on a message alone, and let late messages come, so that contradictions would show."""
        self.advance(60)
        queries.confirm_successes(at=self.now())
        for _ in range(2):
            self._let_messages_arrive()
            inbox.process_waiting(at=self.now())
            sweeper.run(clock=self.now)
            self.advance(5)
        return self.read(row.id)

    def _let_messages_arrive(self) -> None:
        """Wait until the sandbox has sent whatever is due by its clock."""
        give_up_at = time.monotonic() + SETTLED_IN_SECONDS
        while time.monotonic() < give_up_at:
            now = self.now().isoformat()
            if not [each for each in self.admin.messages() if each["state"] == "waiting" and each["send_at"] <= now]:
                return
            time.sleep(0.02)

    def story(self, row: Transaction) -> list[str]:
        """The moves of a payment, for people."""
        events = TransactionEvent.objects.filter(transaction=row.id).order_by("id")
        attempts = PayoutAttempt.objects.filter(transaction=row.id).order_by("number")
        return [f"{event.to_status} ({event.reason})" for event in events] + [
            f"attempt {attempt.number}: {attempt.outcome} {attempt.code}" for attempt in attempts
        ]

    def paid_out(self, *, phone: str = PHONE) -> int:
        """How often the sandbox's own books say that this person was really paid."""
        return int(self.admin.payouts(msisdn=phone)["paid"])

    def wallet(self, row: Transaction) -> dict[str, Any]:
        """What the payer's wallet shows."""
        return self.admin.wallet(self.read(row.id).lightning_invoice.payment_hash)

    def assert_right(self, row: Transaction, *, status: str) -> None:
        """The end is this one, and the world agrees: paid once and sats taken, or not paid and sats back."""
        now = self.read(row.id)
        story = self.story(row)
        assert now.status == status, story
        paid = self.paid_out()
        theirs = [
            (payout["receipt"], payout["amount_kes"], payout["msisdn"])
            for payout in self.admin.payouts(msisdn=PHONE)["payouts"]
            if payout["state"] == "paid"
        ]
        succeeded = PayoutAttempt.objects.filter(transaction=row.id, outcome="succeeded")
        assert theirs == [(attempt.receipt, attempt.amount_kes, PHONE) for attempt in succeeded], story
        if status == Transaction.Status.COMPLETED:
            assert (paid, self.wallet(row)["status"]) == (1, "paid"), story
        if status in (Transaction.Status.REFUNDED, Transaction.Status.EXPIRED):
            assert (paid, self.wallet(row)["status"]) in {(0, "refunded"), (0, "unpaid")}, story

    def send_payment_behind_our_back(self, reference: str) -> None:
        """Let a payment with this reference be made that we believe was refused."""
        provider = registry.payouts("mpesa")
        url = f"{settings.CALLBACK_URL}/hooks/p/"
        provider.submit(
            PayoutOrder(
                reference=reference,
                amount_kes=AMOUNT_KES,
                msisdn=PHONE,
                remarks="once more",
                result_url=url,
                timeout_url=url,
                send_before=self.now() + timedelta(seconds=15),
            )
        )

    def repeat_messages(self, row: Transaction) -> None:
        """Post every message about a payment again, as the sandbox sent it."""
        for attempt in row.attempts.all():
            for message in self.admin.messages(attempt.reference):
                httpx2.post(message["url"], json=message["body"], trust_env=False).raise_for_status()
