"""The life of an invoice at the simulated node, seen from both sides."""

import json
import os
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256

import pytest

from bitpesa.sandbox.client import SandboxRefused


@pytest.fixture
def preimage():
    return os.urandom(32)


def state_of(lnd, preimage):
    return lnd.look_up(preimage).json()["state"]


def wallet_of(admin, preimage):
    wallet = admin.wallet(sha256(preimage).hexdigest())
    return wallet["status"], wallet["preimage"]


def test_a_paid_invoice_is_held_until_it_is_settled(lnd, admin, preimage):
    lnd.hold(admin, preimage)
    assert (state_of(lnd, preimage), wallet_of(admin, preimage)) == ("ACCEPTED", ("pending", None))

    assert lnd.settle(preimage).json() == {}

    invoice = lnd.look_up(preimage).json()
    assert (invoice["state"], invoice["amt_paid_msat"], invoice["settle_index"]) == ("SETTLED", "250000000", "1")
    assert invoice["r_preimage"] == b64encode(preimage).decode()
    assert wallet_of(admin, preimage) == ("paid", preimage.hex())


def test_cancelling_gives_everything_back(lnd, admin, preimage):
    lnd.hold(admin, preimage)

    lnd.cancel(preimage)

    invoice = lnd.look_up(preimage).json()
    assert (invoice["state"], invoice["amt_paid_msat"], invoice["htlcs"][0]["state"]) == ("CANCELED", "0", "CANCELED")
    assert wallet_of(admin, preimage) == ("refunded", None)


def test_the_htlc_ends_at_the_height_asked_for_and_three_more(lnd, admin, preimage):
    lnd.hold(admin, preimage, cltv_expiry="144")

    htlc = lnd.look_up(preimage).json()["htlcs"][0]
    assert htlc["expiry_height"] == admin.clock()["block_height"] + 144 + 3
    assert (htlc["state"], htlc["amt_msat"]) == ("ACCEPTED", "250000000")


def test_settle_and_cancel_can_be_repeated_but_not_mixed(lnd, admin, preimage):
    other = os.urandom(32)
    for one in (preimage, other):
        lnd.hold(admin, one)
    assert [lnd.settle(preimage).status_code for _ in range(2)] == [200, 200]
    assert [lnd.cancel(other).status_code for _ in range(2)] == [200, 200]

    assert lnd.cancel(preimage).json()["message"] == "invoice already settled"
    assert lnd.settle(other).json()["message"] == "invoice already canceled"


def test_an_open_invoice_cannot_be_settled(lnd, preimage):
    lnd.create(preimage)

    response = lnd.settle(preimage)

    assert (response.status_code, response.json()["message"]) == (500, "invoice still open")


def test_an_open_invoice_ends_by_the_clock(lnd, admin, preimage):
    text = lnd.create(preimage).json()["payment_request"]
    admin.advance(600)

    assert state_of(lnd, preimage) == "CANCELED"
    with pytest.raises(SandboxRefused):
        admin.pay(text)


def test_a_held_invoice_never_ends_by_the_clock(lnd, admin, preimage):
    lnd.hold(admin, preimage)
    admin.advance(30 * 24 * 3600)

    assert state_of(lnd, preimage) == "ACCEPTED"


def test_a_held_invoice_ends_18_blocks_before_its_htlc(lnd, admin, preimage):
    lnd.hold(admin, preimage)

    admin.mine(83 - 18 - 1)
    assert state_of(lnd, preimage) == "ACCEPTED"
    admin.mine(1)
    assert state_of(lnd, preimage) == "CANCELED"
    assert lnd.settle(preimage).json()["message"] == "invoice already canceled"
    assert wallet_of(admin, preimage) == ("refunded", None)


def test_a_second_payer_is_refused(lnd, admin, preimage):
    text = lnd.hold(admin, preimage)

    with pytest.raises(SandboxRefused):
        admin.pay(text)


def test_too_little_is_refused_and_too_much_is_taken(lnd, admin, preimage):
    text = lnd.create(preimage).json()["payment_request"]

    with pytest.raises(SandboxRefused):
        admin.pay(text, amount_msat=249_999_999)
    admin.pay(f"lightning:{text.upper()}".replace("LIGHTNING:", "lightning:"), amount_msat=260_000_000)

    assert lnd.look_up(preimage).json()["amt_paid_msat"] == "260000000"


def test_an_invoice_nobody_issued_cannot_be_paid(admin):
    with pytest.raises(SandboxRefused, match="unable to locate invoice"):
        admin.pay("lnbcrt1nothing")


def test_pending_invoices_are_listed_in_pages(lnd, admin):
    preimages = [os.urandom(32) for _ in range(4)]
    for preimage in preimages:
        lnd.create(preimage)
    lnd.cancel(preimages[1])

    query = {"pending_only": "true", "num_max_invoices": "2"}
    first = lnd.http.get("/v1/invoices", params=query).json()
    rest = lnd.http.get("/v1/invoices", params={**query, "index_offset": first["last_index_offset"]}).json()

    assert [invoice["add_index"] for invoice in first["invoices"]] == ["1", "3"]
    assert [invoice["add_index"] for invoice in rest["invoices"]] == ["4"]
    assert len(lnd.http.get("/v1/invoices").json()["invoices"]) == 4


def test_a_follower_sees_every_state_and_then_the_end(lnd, admin, preimage):
    text = lnd.create(preimage).json()["payment_request"]
    name = urlsafe_b64encode(sha256(preimage).digest()).decode()

    with lnd.http.stream("GET", f"/v2/invoices/subscribe/{name}") as stream:
        lines = stream.iter_lines()
        states = [json.loads(next(lines))["result"]["state"]]
        admin.pay(text)
        states.append(json.loads(next(lines))["result"]["state"])
        lnd.settle(preimage)
        states += [json.loads(line)["result"]["state"] for line in lines]

    assert states == ["OPEN", "ACCEPTED", "SETTLED"]


def test_settled_money_is_in_the_channel(lnd, admin, preimage):
    lnd.hold(admin, preimage)
    lnd.settle(preimage)

    assert lnd.http.get("/v1/balance/channels").json()["local_balance"] == {"sat": "250000", "msat": "250000000"}
