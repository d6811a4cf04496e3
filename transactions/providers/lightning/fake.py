"""A Lightning node in memory, for lifecycle unit tests: it keeps LND's rules, and does what a test tells it to.

Its invoices are real BOLT 11 on regtest. The contract suite runs over it and over LND's adapter alike.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from bech32 import CHARSET, bech32_encode, convertbits
from coincurve import PrivateKey

from transactions.providers.base import NotFound, ProviderError, Rejected
from transactions.providers.lightning.base import (
    InvoiceReading,
    InvoiceState,
    LightningBackend,
    NewInvoice,
    NodeReading,
)

NETWORK = "bcrt"
FIRST_BLOCK_HEIGHT = 1_000
#: onion (8) and payment secret (14)
FEATURE_WORDS = [0b10000, 0b01000, 0b00000]
PICOBITCOIN_PER_MSAT = 10


class PaymentRefused(Exception):
    """The node failed the payment back: the payer has lost nothing."""


@dataclass(frozen=True, slots=True)
class ScriptedFailure:
    """How the next call of an operation ends."""

    error: ProviderError
    is_carried_out: bool


class FakeLightning(LightningBackend):
    """A node whose payers, miners and failures are method calls."""

    name = "fake"
    auto_cancel_blocks = 18

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.clock = clock
        self.block_height = FIRST_BLOCK_HEIGHT
        #: every call so far: operation and payment hash ("" where there is none)
        self.calls: list[tuple[str, str]] = []
        self._key = PrivateKey(sha256(b"a node that holds nothing").digest())
        self._readings: dict[str, InvoiceReading] = {}
        self._orders: dict[str, tuple[NewInvoice, datetime]] = {}
        self._failures: dict[str, deque[ScriptedFailure]] = defaultdict(deque)

    # What a test tells it

    def pay(self, payment_hash: str, *, amount_msat: int | None = None) -> None:
        """Let somebody pay, by default exactly what is asked. Raises PaymentRefused as the node would refuse."""
        reading, (new, _) = self._find(payment_hash), self._orders[payment_hash]
        amount_msat = reading.amount_msat if amount_msat is None else amount_msat
        if reading.state is not InvoiceState.OPEN or amount_msat < reading.amount_msat:
            raise PaymentRefused(f"{amount_msat} msat for an invoice that is {reading.state}")
        self._readings[payment_hash] = replace(
            reading,
            state=InvoiceState.HELD,
            received_msat=amount_msat,
            accepted_at=self.clock(),
            expiry_height=self.block_height + new.cltv_expiry_blocks,
        )

    def expire(self, payment_hash: str) -> None:
        """Let an invoice's time run out now. A payment that is held stays held."""
        new, _ = self._orders[payment_hash]
        self._orders[payment_hash] = new, self.clock()

    def mine(self, blocks: int) -> None:
        """Add blocks; what runs out too soon is let go."""
        self.block_height += blocks

    def lose(self, payment_hash: str) -> None:
        """Forget an invoice, as a node does that collects its cancelled ones."""
        del self._readings[payment_hash], self._orders[payment_hash]

    def fail_next(self, operation: str, error: ProviderError, *, is_carried_out: bool = False) -> None:
        """End the next call of this operation (after those already scripted) in this error.

        `is_carried_out`: the node does it, and the answer is lost.
        """
        self._failures[operation].append(ScriptedFailure(error, is_carried_out))

    # The port

    def _create(self, new: NewInvoice) -> str:
        with self._answering("create", new.payment_hash):
            if new.payment_hash not in self._readings:
                self._add(new)
            return self._readings[new.payment_hash].bolt11

    def _lookup(self, payment_hash: str) -> InvoiceReading:
        with self._answering("lookup", payment_hash):
            return self._find(payment_hash)

    def _settle(self, preimage: bytes) -> None:
        payment_hash = sha256(preimage).hexdigest()
        with self._answering("settle", payment_hash):
            reading = self._find(payment_hash)
            if reading.state is InvoiceState.OPEN:
                raise Rejected("nobody has paid", code="still_open")
            if reading.state is InvoiceState.CANCELLED:
                raise Rejected("the sats went back", code="already_cancelled")
            self._readings[payment_hash] = replace(reading, state=InvoiceState.SETTLED, expiry_height=None)

    def _cancel(self, payment_hash: str) -> None:
        with self._answering("cancel", payment_hash):
            reading = self._find(payment_hash)
            if reading.state is InvoiceState.SETTLED:
                raise Rejected("the sats are ours", code="already_settled")
            self._readings[payment_hash] = _cancelled(reading)

    def _pending(self) -> Sequence[InvoiceReading]:
        with self._answering("pending"):
            readings = [self._find(payment_hash) for payment_hash in self._readings]
            return [reading for reading in readings if reading.state in (InvoiceState.OPEN, InvoiceState.HELD)]

    def _node(self) -> NodeReading:
        with self._answering("node"):
            return NodeReading(
                identity=self._key.public_key.format().hex(), block_height=self.block_height, is_synced=True
            )

    # How it works

    @contextmanager
    def _answering(self, operation: str, payment_hash: str = "") -> Iterator[None]:
        self.calls.append((operation, payment_hash))
        scripted = self._failures[operation].popleft() if self._failures[operation] else None
        if scripted and not scripted.is_carried_out:
            raise scripted.error
        yield
        if scripted:
            raise scripted.error

    def _find(self, payment_hash: str) -> InvoiceReading:
        """Return an invoice as it is now, after what the clock and the chain have done to it."""
        if payment_hash not in self._readings:
            raise NotFound("no such invoice", code="not_found")
        reading, (_, expires_at) = self._readings[payment_hash], self._orders[payment_hash]
        is_expired = reading.state is InvoiceState.OPEN and self.clock() >= expires_at
        blocks_left = (reading.expiry_height or self.block_height) - self.block_height
        is_let_go = reading.state is InvoiceState.HELD and blocks_left <= self.auto_cancel_blocks
        if is_expired or is_let_go:
            self._readings[payment_hash] = _cancelled(reading)
        return self._readings[payment_hash]

    def _add(self, new: NewInvoice) -> None:
        created_at = self.clock()
        self._orders[new.payment_hash] = new, created_at + timedelta(seconds=new.expiry_seconds)
        self._readings[new.payment_hash] = InvoiceReading(
            payment_hash=new.payment_hash,
            state=InvoiceState.OPEN,
            amount_msat=new.amount_msat,
            received_msat=0,
            bolt11=_encode(new, created_at, self._key),
        )


def _cancelled(reading: InvoiceReading) -> InvoiceReading:
    return replace(reading, state=InvoiceState.CANCELLED, received_msat=0, accepted_at=None, expiry_height=None)


def _encode(new: NewInvoice, created_at: datetime, key: PrivateKey) -> str:
    prefix = f"ln{NETWORK}{new.amount_msat * PICOBITCOIN_PER_MSAT}p"
    data = _integer_words(int(created_at.timestamp())).rjust(7, b"\0")
    data += _field("p", _words(bytes.fromhex(new.payment_hash)))
    data += _field("s", _words(sha256(bytes.fromhex(new.payment_hash)).digest()))
    data += _field("d", _words(new.memo.encode()))
    data += _field("x", _integer_words(new.expiry_seconds))
    data += _field("c", _integer_words(new.cltv_expiry_blocks))
    data += _field("9", bytes(FEATURE_WORDS))
    signature = key.sign_recoverable(prefix.encode() + bytes(convertbits(data, 5, 8) or ()))
    return bech32_encode(prefix, data + _words(signature))


def _field(tag: str, words: bytes) -> bytes:
    return bytes([CHARSET.index(tag), len(words) >> 5, len(words) & 31]) + words


def _words(data: bytes) -> bytes:
    return bytes(convertbits(data, 8, 5) or ())


def _integer_words(value: int) -> bytes:
    words = []
    while value:
        words.append(value & 31)
        value >>= 5
    return bytes(reversed(words))
