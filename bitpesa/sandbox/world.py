"""The simulated world: its parts, wired together over one state directory."""

from datetime import timedelta
from pathlib import Path

from bitpesa.sandbox import broken, daraja, identity, lnd
from bitpesa.sandbox.accounts import Accounts
from bitpesa.sandbox.books import Books
from bitpesa.sandbox.clock import Clock, Timetable
from bitpesa.sandbox.faults import FaultPlan
from bitpesa.sandbox.gate import Gate, RequestLog, Routes
from bitpesa.sandbox.initiator import InitiatorGuard
from bitpesa.sandbox.invoices import Invoices
from bitpesa.sandbox.messages import Messages
from bitpesa.sandbox.payment_queue import PaymentQueue
from bitpesa.sandbox.payments import Payments
from bitpesa.sandbox.questions import Questions
from bitpesa.sandbox.rates import Rates
from bitpesa.sandbox.tokens import Tokens


class World:
    """Everything there is. `resume` takes up what was under way when the sandbox stopped."""

    def __init__(self, state: Path, *, payout_seconds: float) -> None:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.identity = identity.load(state)
        self.books = Books(state / "books.sqlite3")
        self.clock = Clock()
        self.timetable = Timetable(self.clock)
        self.faults = FaultPlan()
        self.log = RequestLog(self.clock)
        self.messages = Messages(self.books, self.timetable)
        self.accounts = Accounts(self.books)
        self.payments = Payments(self.books, self.accounts)
        self.queue = PaymentQueue(self.payments, self.accounts, self.timetable, self.messages)
        self.questions = Questions(self.books, self.payments, self.accounts, self.timetable, self.messages)
        self.invoices = Invoices(self.books, self.timetable, self.identity.node_key)
        self.rates = Rates(self.books)
        self.tokens = Tokens(self.books, self.clock)
        self._payout_seconds = payout_seconds

    def resume(self) -> None:
        self.clock.offset = timedelta(seconds=self.books.recall("clock_offset_seconds", 0))
        self.messages.resume()
        self.queue.resume()
        self.questions.resume()
        self.invoices.resume()

    def advance(self, seconds: int) -> None:
        """Move the clock; what falls due happens before this returns, its messages go out right after."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self.clock.offset += timedelta(seconds=seconds)
        self.books.remember("clock_offset_seconds", int(self.clock.offset.total_seconds()))
        self.timetable.run_due()

    def reset(self) -> None:
        """Forget everything but who the sandbox is."""
        self.messages.stop()
        self.timetable.clear()
        self.invoices.followers.dismiss()
        self.books.empty()
        self.faults.clear()
        self.log.clear()
        self.clock.offset = timedelta()

    def close(self) -> None:
        """Stop what is under way; messages cut short are sent again at the next start."""
        self.messages.stop()
        self.timetable.clear()
        self.books.close()

    def daraja_gate(self) -> Gate:
        """Serves M-Pesa, and the price feed beside it."""
        face = daraja.Daraja(
            clock=self.clock,
            tokens=self.tokens,
            guard=InitiatorGuard(self.books, self.identity.credential_key),
            payments=self.payments,
            queue=self.queue,
            questions=self.questions,
            messages=self.messages,
            faults=self.faults,
            payout_seconds=self._payout_seconds,
        )
        routes = Routes({**face.routes(), **self.rates.routes()})
        return self._gate(routes, broken.DARAJA, daraja.absent)

    def lnd_gate(self) -> Gate:
        face = lnd.Lnd(clock=self.clock, identity=self.identity, invoices=self.invoices)
        return self._gate(Routes(face.routes()), broken.LND, lnd.absent)

    def _gate(self, routes: Routes, answers: broken.Answers, absent: broken.Absent) -> Gate:
        return Gate(
            routes,
            log=self.log,
            faults=self.faults,
            broken=answers,
            absent=absent,
            kill_token=self.tokens.kill,
        )
