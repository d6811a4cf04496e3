"""What every Lightning backend does alike: the suite runs over the fake, and over LND's adapter against the sandbox."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from bitpesa.sandbox.client import SandboxRefused
from bitpesa.tests.sandbox_process import SandboxProcess
from transactions.providers.base import NotFound, Rejected
from transactions.providers.lightning import bolt11
from transactions.providers.lightning.base import InvoiceState, LightningBackend, NewInvoice
from transactions.providers.lightning.fake import FakeLightning, PaymentRefused
from transactions.providers.lightning.lnd import LndBackend

AMOUNT_MSAT = 25_000_000
EXPIRY_SECONDS = 300
CLTV_EXPIRY_BLOCKS = 144


@dataclass(frozen=True)
class Peer:
    """A backend, and the world around it: its payers, its chain and its clock."""

    backend: LightningBackend
    pay: Callable[[str, int], object]
    #: what `pay` raises when the node fails a payment back
    refused: type[Exception]
    mine: Callable[[int], object]
    pass_time: Callable[[timedelta], object]
    now: Callable[[], datetime]


class MovableClock:
    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, by: timedelta) -> None:
        self.offset += by


@pytest.fixture
def fake_peer() -> Peer:
    clock = MovableClock()
    fake = FakeLightning(clock=clock)
    return Peer(
        backend=fake,
        pay=lambda payment_hash, amount_msat: fake.pay(payment_hash, amount_msat=amount_msat),
        refused=PaymentRefused,
        mine=fake.mine,
        pass_time=clock.advance,
        now=clock,
    )


@pytest.fixture
def lnd_peer(sandbox: SandboxProcess) -> Iterator[Peer]:
    lnd = LndBackend(url=sandbox.lnd_url, macaroon_hex=sandbox.macaroon_hex, certificate_path=sandbox.certificate_path)
    yield Peer(
        backend=lnd,
        pay=lambda payment_hash, amount_msat: sandbox.admin.pay(lnd.lookup(payment_hash).bolt11, amount_msat),
        refused=SandboxRefused,
        mine=sandbox.admin.mine,
        pass_time=lambda by: sandbox.admin.advance(int(by.total_seconds())),
        now=lambda: datetime.fromisoformat(sandbox.admin.clock()["now"]),
    )
    lnd.close()


@pytest.fixture(params=["fake_peer", "lnd_peer"])
def peer(request: pytest.FixtureRequest) -> Peer:
    peer: Peer = request.getfixturevalue(request.param)
    return peer


@pytest.fixture
def preimage() -> bytes:
    return secrets.token_bytes(32)


@pytest.fixture
def new(preimage: bytes) -> NewInvoice:
    return NewInvoice(
        payment_hash=sha256(preimage).hexdigest(),
        amount_msat=AMOUNT_MSAT,
        memo="order 42 ☕",
        expiry_seconds=EXPIRY_SECONDS,
        cltv_expiry_blocks=CLTV_EXPIRY_BLOCKS,
    )


@pytest.fixture
def held(peer: Peer, new: NewInvoice) -> NewInvoice:
    peer.backend.create(new)
    peer.pay(new.payment_hash, AMOUNT_MSAT)
    return new


def state_of(peer: Peer, new: NewInvoice) -> InvoiceState:
    return peer.backend.lookup(new.payment_hash).state


def refusal_code(act: Callable[[], object]) -> str:
    with pytest.raises(Rejected) as refused:
        act()
    return refused.value.code


def test_a_new_invoice_is_open_and_is_the_one_that_was_asked_for(peer: Peer, new: NewInvoice) -> None:
    invoice = peer.backend.create(new)

    decoded = bolt11.check(
        invoice,
        network="bcrt",
        payment_hash=new.payment_hash,
        amount_msat=AMOUNT_MSAT,
        expires_by=peer.now() + timedelta(seconds=EXPIRY_SECONDS + 1),
    )
    reading = peer.backend.lookup(new.payment_hash)
    assert (decoded.description, decoded.min_final_cltv_expiry) == ("order 42 ☕", CLTV_EXPIRY_BLOCKS)
    assert decoded.payee == peer.backend.node().identity
    assert (reading.payment_hash, reading.state, reading.bolt11) == (new.payment_hash, InvoiceState.OPEN, invoice)
    assert (reading.amount_msat, reading.received_msat) == (AMOUNT_MSAT, 0)
    assert (reading.accepted_at, reading.expiry_height) == (None, None)


def test_a_paid_invoice_is_held_until_a_height(peer: Peer, held: NewInvoice) -> None:
    reading = peer.backend.lookup(held.payment_hash)

    assert (reading.state, reading.received_msat) == (InvoiceState.HELD, AMOUNT_MSAT)
    assert reading.accepted_at is not None
    assert abs(reading.accepted_at - peer.now()) < timedelta(seconds=5)
    assert reading.expiry_height is not None
    assert reading.expiry_height - peer.backend.node().block_height >= CLTV_EXPIRY_BLOCKS


def test_a_surplus_is_accepted_and_shown(peer: Peer, new: NewInvoice) -> None:
    peer.backend.create(new)
    peer.pay(new.payment_hash, AMOUNT_MSAT + 5_000)

    reading = peer.backend.lookup(new.payment_hash)

    assert (reading.amount_msat, reading.received_msat) == (AMOUNT_MSAT, AMOUNT_MSAT + 5_000)


def test_a_payment_too_small_is_failed_back_and_the_invoice_stays_open(peer: Peer, new: NewInvoice) -> None:
    peer.backend.create(new)

    with pytest.raises(peer.refused):
        peer.pay(new.payment_hash, AMOUNT_MSAT - 1)

    assert state_of(peer, new) is InvoiceState.OPEN


def test_a_second_payer_is_failed_back(peer: Peer, held: NewInvoice) -> None:
    with pytest.raises(peer.refused):
        peer.pay(held.payment_hash, AMOUNT_MSAT)

    assert peer.backend.lookup(held.payment_hash).received_msat == AMOUNT_MSAT


def test_settling_takes_what_is_held_and_settling_again_changes_nothing(
    peer: Peer, held: NewInvoice, preimage: bytes
) -> None:
    peer.backend.settle(preimage)
    peer.backend.settle(preimage)

    reading = peer.backend.lookup(held.payment_hash)
    assert (reading.state, reading.received_msat) == (InvoiceState.SETTLED, AMOUNT_MSAT)
    assert (reading.accepted_at is None, reading.expiry_height) == (False, None)


def test_cancelling_gives_back_what_is_held_and_cancelling_again_changes_nothing(peer: Peer, held: NewInvoice) -> None:
    peer.backend.cancel(held.payment_hash)
    peer.backend.cancel(held.payment_hash)

    reading = peer.backend.lookup(held.payment_hash)
    assert (reading.state, reading.received_msat) == (InvoiceState.CANCELLED, 0)
    assert (reading.accepted_at, reading.expiry_height) == (None, None)


def test_cancelling_closes_an_open_invoice(peer: Peer, new: NewInvoice) -> None:
    peer.backend.create(new)

    peer.backend.cancel(new.payment_hash)

    assert state_of(peer, new) is InvoiceState.CANCELLED


def test_what_nobody_has_paid_cannot_be_settled(peer: Peer, new: NewInvoice, preimage: bytes) -> None:
    peer.backend.create(new)

    assert refusal_code(lambda: peer.backend.settle(preimage)) == "still_open"
    assert state_of(peer, new) is InvoiceState.OPEN


def test_what_went_back_cannot_be_settled(peer: Peer, held: NewInvoice, preimage: bytes) -> None:
    peer.backend.cancel(held.payment_hash)

    assert refusal_code(lambda: peer.backend.settle(preimage)) == "already_cancelled"
    assert state_of(peer, held) is InvoiceState.CANCELLED


def test_what_is_settled_cannot_be_cancelled(peer: Peer, held: NewInvoice, preimage: bytes) -> None:
    peer.backend.settle(preimage)

    assert refusal_code(lambda: peer.backend.cancel(held.payment_hash)) == "already_settled"
    assert state_of(peer, held) is InvoiceState.SETTLED


def test_creating_the_same_hash_again_returns_the_invoice_there_is(peer: Peer, new: NewInvoice) -> None:
    first = peer.backend.create(new)

    again = peer.backend.create(replace(new, amount_msat=AMOUNT_MSAT + 1_000))

    assert again == first
    assert peer.backend.lookup(new.payment_hash).amount_msat == AMOUNT_MSAT


def test_an_unknown_hash_is_not_found(peer: Peer, new: NewInvoice, preimage: bytes) -> None:
    with pytest.raises(NotFound):
        peer.backend.lookup(new.payment_hash)
    with pytest.raises(NotFound):
        peer.backend.cancel(new.payment_hash)
    with pytest.raises(NotFound):
        peer.backend.settle(preimage)


def test_an_open_invoice_ends_with_its_time(peer: Peer, new: NewInvoice) -> None:
    peer.backend.create(new)

    peer.pass_time(timedelta(seconds=EXPIRY_SECONDS + 1))

    assert state_of(peer, new) is InvoiceState.CANCELLED


def test_a_held_payment_outlives_the_time_of_its_invoice(peer: Peer, held: NewInvoice, preimage: bytes) -> None:
    peer.pass_time(timedelta(seconds=EXPIRY_SECONDS + 1))
    assert state_of(peer, held) is InvoiceState.HELD

    peer.backend.settle(preimage)
    assert state_of(peer, held) is InvoiceState.SETTLED


def test_a_held_payment_is_let_go_when_too_few_blocks_are_left(peer: Peer, held: NewInvoice, preimage: bytes) -> None:
    expiry_height = peer.backend.lookup(held.payment_hash).expiry_height
    assert expiry_height is not None
    blocks_to_lose_it = expiry_height - peer.backend.node().block_height - peer.backend.auto_cancel_blocks

    peer.mine(blocks_to_lose_it - 1)
    assert state_of(peer, held) is InvoiceState.HELD

    peer.mine(1)
    assert state_of(peer, held) is InvoiceState.CANCELLED
    assert refusal_code(lambda: peer.backend.settle(preimage)) == "already_cancelled"


def test_pending_lists_what_is_open_or_held_and_nothing_else(peer: Peer, new: NewInvoice, preimage: bytes) -> None:
    def is_listed() -> bool:
        return new.payment_hash in {reading.payment_hash for reading in peer.backend.pending()}

    peer.backend.create(new)
    assert is_listed()

    peer.pay(new.payment_hash, AMOUNT_MSAT)
    assert is_listed()

    peer.backend.settle(preimage)
    assert not is_listed()


def test_the_node_keeps_its_identity_while_blocks_are_mined(peer: Peer) -> None:
    before = peer.backend.node()

    peer.mine(2)

    after = peer.backend.node()
    assert (after.identity, after.block_height) == (before.identity, before.block_height + 2)
