"""The LND adapter against a node that loses its answers, goes down, or does not know us."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256

import pytest

from bitpesa.tests.sandbox_process import SandboxProcess
from transactions.providers.base import NotSent, Rejected, Uncertain
from transactions.providers.lightning.base import InvoiceState, NewInvoice
from transactions.providers.lightning.lnd import LndBackend
from transactions.tests.providers.lnd_samples import MACAROON_HEX, NEW


@pytest.fixture
def lnd(sandbox: SandboxProcess) -> Iterator[LndBackend]:
    trust = sandbox.certificate_path
    with closing(LndBackend(url=sandbox.lnd_url, macaroon_hex=sandbox.macaroon_hex, certificate_path=trust)) as lnd:
        yield lnd
    sandbox.admin.listeners(lnd="up")
    sandbox.admin.clear_faults()


@pytest.fixture
def preimage() -> bytes:
    return secrets.token_bytes(32)


@pytest.fixture
def new(preimage: bytes) -> NewInvoice:
    return replace(NEW, payment_hash=sha256(preimage).hexdigest())


def test_an_invoice_whose_answer_was_lost_is_found_by_creating_it_again(
    sandbox: SandboxProcess, lnd: LndBackend, new: NewInvoice
) -> None:
    sandbox.admin.fault("lnd_create", "lose_reply")

    with pytest.raises(Uncertain):
        lnd.create(new)

    assert lnd.create(new) == lnd.lookup(new.payment_hash).bolt11


def test_a_settle_whose_answer_was_lost_has_happened_once(
    sandbox: SandboxProcess, lnd: LndBackend, new: NewInvoice, preimage: bytes
) -> None:
    sandbox.admin.pay(lnd.create(new))
    sandbox.admin.fault("lnd_settle", "lose_reply")

    with pytest.raises(Uncertain):
        lnd.settle(preimage)
    lnd.settle(preimage)

    assert lnd.lookup(new.payment_hash).state is InvoiceState.SETTLED
    assert sandbox.admin.wallet(new.payment_hash)["status"] == "paid"


def test_a_node_that_is_down_was_not_told(sandbox: SandboxProcess, lnd: LndBackend, new: NewInvoice) -> None:
    lnd.create(new)
    sandbox.admin.listeners(lnd="down")

    with pytest.raises(NotSent):
        lnd.cancel(new.payment_hash)

    sandbox.admin.listeners(lnd="up")
    assert lnd.lookup(new.payment_hash).state is InvoiceState.OPEN


def test_a_macaroon_the_node_does_not_know_is_refused(sandbox: SandboxProcess) -> None:
    trust = sandbox.certificate_path
    stranger = LndBackend(url=sandbox.lnd_url, macaroon_hex=MACAROON_HEX, certificate_path=trust)

    with closing(stranger), pytest.raises(Rejected) as refused:
        stranger.node()

    assert (refused.value.code, refused.value.is_curable) == ("permission", True)
