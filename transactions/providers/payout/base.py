"""The port for money out: what a payout provider is asked, and what it may answer."""

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, final

from transactions.providers.base import NotSent, measured, stopping


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """One attempt to pay, complete: nothing is looked up while sending."""

    reference: str
    amount_kes: int
    msisdn: str
    remarks: str
    result_url: str
    timeout_url: str
    #: past this instant nothing is sent any more: the checks it rests on are stale
    send_before: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """Queued, not paid. `provider_id` is the provider's name for it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class QueryOrder:
    """A question about one attempt. The answer comes as a message to `result_url`."""

    reference: str
    receipt: str
    result_url: str
    timeout_url: str


#: the code of a report that says that a request waited too long, and may still be carried out
QUEUE_TIMEOUT = "queue_timeout"


class Verdict(enum.StrEnum):
    """What a message claims."""

    SUCCEEDED = enum.auto()  #: paid, with a receipt
    FAILED = enum.auto()  #: certainly not paid
    UNDECIDED = enum.auto()  #: decides nothing: pending, queue timeout, not found, query error, unknown code


@dataclass(frozen=True, slots=True)
class Report:
    """A message as the provider wrote it: a claim, to be confirmed against the attempt it is bound to.

    None means that the message does not say.
    """

    verdict: Verdict
    code: str
    description: str
    #: our reference of the payout as the message names it (for a query: inside its parameters)
    reference: str | None = None
    provider_id: str | None = None
    receipt: str | None = None
    amount_kes: int | None = None
    msisdn: str | None = None
    party_name: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    #: what the provider charged us, in cents
    charge_cents: int | None = None
    #: an answer that names a state of the payment: the provider has it, whatever the state is
    is_known: bool = False
    #: the refusal is of a kind we can cure (float, credential): a later attempt may succeed
    is_curable: bool = False
    #: our credential is refused: another try may lock it, so nothing more is to be sent until a person has looked
    is_credential_refused: bool = False


class UnreadableMessage(ValueError):
    """The bytes are no message of this provider. Keep them as evidence; apply nothing."""


class PayoutProvider(ABC):
    """A system that pays shillings out.

    `submit` is called once per attempt, after the attempt is committed and outside any database transaction. It must
    never send again by itself, and never raise anything but NotSent, Rejected or Uncertain.
    """

    name: ClassVar[str]

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.clock = clock

    @final
    def submit(self, order: PayoutOrder) -> Accepted:
        """Ask the provider to pay. Raises NotSent, Rejected or Uncertain.

        The adapter gets everything ready first (token, credential), calls `check_not_late`, and only then connects.
        """
        with measured(self.name, "submit"):
            return self._submit(order)

    def check_not_late(self, order: PayoutOrder) -> None:
        """Raise NotSent if the order's time has passed. Adapters call this last thing before connecting."""
        if stopping.is_set():
            raise NotSent("this process is being stopped", code="stopping")
        if self.clock() >= order.send_before:
            raise NotSent("too late to send: the checks before it are stale", code="late")

    @final
    def query(self, order: QueryOrder) -> str:
        """Ask what became of an attempt; returns the provider's name for the question. The answer is a message.

        Raises NotSent, Rejected or Uncertain; none of them says anything about the payout.
        """
        with measured(self.name, "query"):
            return self._query(order)

    @final
    def probe(self) -> None:
        """Ask something harmless, to learn whether the provider works again. Raises as `query` does."""
        with measured(self.name, "probe"):
            self._probe()

    @abstractmethod
    def _submit(self, order: PayoutOrder) -> Accepted: ...

    @abstractmethod
    def _query(self, order: QueryOrder) -> str: ...

    @abstractmethod
    def _probe(self) -> None: ...

    @staticmethod
    @abstractmethod
    def parse_result(body: bytes) -> Report:
        """Read a result message about a payout. Pure. Raises UnreadableMessage."""

    @staticmethod
    @abstractmethod
    def parse_answer(body: bytes) -> Report:
        """Read the answer to a status query. Pure. Raises UnreadableMessage."""

    @staticmethod
    @abstractmethod
    def redact(body: bytes) -> bytes:
        """Return the bytes without credentials, fit to be stored."""
