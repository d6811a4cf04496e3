"""The main job, once, in front of the user: ask for shillings, pay the invoice, watch them arrive."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bitpesa.stack.console import Say
from bitpesa.stack.errors import StackError
from bitpesa.stack.payment_ledger import PaymentLedger
from bitpesa.stack.public_api import PublicApi, Unavailable

ORDER = {"type": "send_money", "amount_kes": 250, "recipient": {"phone": "0708374149"}}
_ENDED = {"completed", "refunded", "failed", "expired", "cancelled", "under_review"}
_QUOTE_SECONDS = 30
_PAYMENT_SECONDS = 60
_POLL_SECONDS = 0.15


@dataclass(frozen=True, slots=True)
class Payment:
    """One send-money order over the public API. `pay` plays the payer's wallet, `wait` passes time usefully."""

    api: PublicApi
    pay: Callable[[str], object]
    wait: Callable[[float], None]
    say: Say

    def make(self) -> dict[str, Any]:
        """Go the whole way and return the completed transaction.

        Raises StackError if it ends in another way, or not in time.
        """
        transaction = self._create()
        ledger = PaymentLedger(self.say, transaction["amount_kes"], int(transaction["amount_msat"]))
        ledger.open(f"Send KES {transaction['amount_kes']} to 0708 374 149    {transaction['reference']}")
        deadline = time.monotonic() + _PAYMENT_SECONDS
        transaction = self._follow(transaction, ledger, deadline, until=lambda now: bool(now["invoice"]))
        if transaction["status"] not in _ENDED:
            self.pay(transaction["invoice"]["bolt11"])
            transaction = self._follow(transaction, ledger, deadline, until=lambda _now: False)
        ledger.close()
        if transaction["status"] != "completed":
            raise StackError(f"The payment ended as {transaction['status']}: {self._last_reason(transaction['id'])}")
        return transaction

    def _create(self) -> dict[str, Any]:
        """The first prices take a moment to arrive; until then the platform refuses to quote."""
        deadline = time.monotonic() + _QUOTE_SECONDS
        while True:
            try:
                return self.api.create(ORDER)
            except Unavailable:
                if time.monotonic() > deadline:
                    raise
                self.wait(0.5)

    def _follow(
        self,
        transaction: dict[str, Any],
        ledger: PaymentLedger,
        deadline: float,
        until: Callable[[dict[str, Any]], bool],
    ) -> dict[str, Any]:
        """Print what happens until the condition holds or the transaction has ended."""
        while True:
            ledger.show(self.api.events(transaction["id"]))
            if until(transaction) or transaction["status"] in _ENDED:
                return transaction
            if time.monotonic() > deadline:
                raise StackError(f"The payment is still {transaction['status']} after {_PAYMENT_SECONDS} s.")
            self.wait(_POLL_SECONDS)
            transaction = self.api.transaction(transaction["id"])

    def _last_reason(self, transaction_id: str) -> str:
        return str(self.api.events(transaction_id)[-1]["reason"] or "no reason was recorded")
