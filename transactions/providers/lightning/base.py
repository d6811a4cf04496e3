"""The port for money in: Lightning invoices, held until the shillings have arrived."""

import enum
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, final

from transactions.providers.base import measured


class InvoiceState(enum.StrEnum):
    """What the node says of an invoice."""

    OPEN = enum.auto()  #: nobody has paid
    HELD = enum.auto()  #: the sats are locked for us, and can still go back whole
    SETTLED = enum.auto()  #: the sats are ours
    CANCELLED = enum.auto()  #: nothing can arrive any more; what was held went back


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """An invoice to be made: the hash comes from a preimage that is already stored."""

    payment_hash: str
    amount_msat: int
    memo: str
    expiry_seconds: int
    cltv_expiry_blocks: int


@dataclass(frozen=True, slots=True)
class InvoiceReading:
    """One look at an invoice on the node. Hashes are lower-case hex."""

    payment_hash: str
    state: InvoiceState
    amount_msat: int
    received_msat: int
    bolt11: str
    #: when the last part of the payment arrived
    accepted_at: datetime | None = None
    #: the lowest block height at which a held part runs out
    expiry_height: int | None = None


@dataclass(frozen=True, slots=True)
class NodeReading:
    """Which node answers, and how far its chain is."""

    identity: str
    block_height: int
    #: whether it believes that its chain is up to date: the height of one that lags proves nothing
    is_synced: bool


class LightningBackend(ABC):
    """A Lightning node that can hold payments.

    Every method is idempotent by payment hash, and raises NotSent, Rejected, NotFound or Uncertain. After an Uncertain
    `create`, `settle` or `cancel`: look the hash up before anything else.
    """

    name: ClassVar[str]
    #: the node lets a held payment go when this many blocks, or fewer, are left
    auto_cancel_blocks: ClassVar[int]

    @final
    def create(self, new: NewInvoice) -> str:
        """Make a hold invoice; returns its BOLT 11, unchecked. Called after the preimage is committed."""
        with measured(self.name, "create"):
            return self._create(new)

    @final
    def lookup(self, payment_hash: str) -> InvoiceReading:
        """Read an invoice back. NotFound if the node does not know it."""
        with measured(self.name, "lookup"):
            return self._lookup(payment_hash)

    @final
    def settle(self, preimage: bytes) -> None:
        """Take the sats. Only after the payout is decided, or by the deadline act. Read SETTLED back afterwards."""
        with measured(self.name, "settle"):
            self._settle(preimage)

    @final
    def cancel(self, payment_hash: str) -> None:
        """Let the sats go back. Never while an attempt may have paid. Read CANCELLED back afterwards."""
        with measured(self.name, "cancel"):
            self._cancel(payment_hash)

    @final
    def pending(self) -> Sequence[InvoiceReading]:
        """List what the node still has open or held."""
        with measured(self.name, "pending"):
            return self._pending()

    @final
    def node(self) -> NodeReading:
        """Read who the node is and its block height. A missing invoice means something only on the same node."""
        with measured(self.name, "node"):
            return self._node()

    @abstractmethod
    def _create(self, new: NewInvoice) -> str: ...

    @abstractmethod
    def _lookup(self, payment_hash: str) -> InvoiceReading: ...

    @abstractmethod
    def _settle(self, preimage: bytes) -> None: ...

    @abstractmethod
    def _cancel(self, payment_hash: str) -> None: ...

    @abstractmethod
    def _pending(self) -> Sequence[InvoiceReading]: ...

    @abstractmethod
    def _node(self) -> NodeReading: ...
