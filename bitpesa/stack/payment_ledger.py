"""One payment on paper: a line per event, sats in the left column, shillings in the right one."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bitpesa.stack.console import Say

#: What each status means to somebody who sees it for the first time.
WORDS = {
    "created": "Price fixed and written down",
    "awaiting_payment": "Lightning invoice issued, waiting for the sats",
    "paid": "Sats arrived: held, not yet ours",
    "payout_submitting": "Telling M-Pesa to pay",
    "payout_pending": "M-Pesa took the order, waiting for its result",
    "payout_deferred": "M-Pesa can't be asked now, to be tried again",
    "payout_uncertain": "M-Pesa's answer was lost, asking what became of it",
    "payout_failed": "M-Pesa did not pay",
    "settling": "M-Pesa has paid, collecting the sats",
    "completed": "Done: shillings delivered, sats collected",
    "refunding": "Giving the sats back",
    "refunded": "The sats went back to the payer",
    "expired": "The invoice ran out unpaid",
    "cancelled": "Cancelled before it was paid",
    "failed": "No invoice could be made",
    "under_review": "A person has to look at it",
}
#: When money has moved: only then is there an amount in its column.
_SATS = {"paid", "completed", "refunded"}
_SHILLINGS = {"settling", "completed"}
_RULE = "  " + "─" * 84


@dataclass(slots=True)
class PaymentLedger:
    """Prints each event of one transaction once, in the order in which they happened."""

    say: Say
    amount_kes: int
    amount_msat: int
    _began_at: datetime | None = None
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def open(self, title: str) -> None:
        """Print the head."""
        self.say(f"\n  {title}")
        self.say(_RULE)
        self.say(f"  {'':>6}  {'sats':>11}  {'':<50}{'KES':>12}")
        self.say(_RULE)

    def show(self, events: list[dict[str, Any]]) -> None:
        """Print the events that are new."""
        for event in events:
            mark = (event["at"], event["to_status"])
            if mark not in self._seen:
                self._seen.add(mark)
                self.say(self._line(datetime.fromisoformat(event["at"]), event["to_status"]))

    def close(self) -> None:
        """Print the foot."""
        self.say(_RULE)

    def _line(self, at: datetime, status: str) -> str:
        self._began_at = self._began_at or at
        seconds = (at - self._began_at).total_seconds()
        sats = format_sats(self.amount_msat) if status in _SATS else ""
        shillings = f"{self.amount_kes:,}.00" if status in _SHILLINGS else ""
        return f"  {seconds:5.1f}s  {sats:>11}  {WORDS.get(status, status):<50}{shillings:>12}"


def format_sats(amount_msat: int) -> str:
    """Thousandths of a satoshi only where there are any: `1,923` or `1,923.004`."""
    sats, thousandths = divmod(amount_msat, 1000)
    return f"{sats:,}.{thousandths:03d}" if thousandths else f"{sats:,}"
