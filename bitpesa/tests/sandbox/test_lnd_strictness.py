"""What the simulated LND demands of a request."""

import ssl
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256

import httpx2
import pytest

from bitpesa.tests.sandbox.peers import from_base64


def _differs(preimage: bytes) -> bool:
    """Its hash holds both letters in which base64 and base64url differ."""
    return {*b"+/"} <= {*b64encode(sha256(preimage).digest())}


PREIMAGE = next(preimage for n in range(1000) if _differs(preimage := n.to_bytes(32, "big")))


def test_the_certificate_has_to_be_trusted(sandbox):
    with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx2.get(f"{sandbox.urls['lnd']}/v1/getinfo", verify=ssl.create_default_context(), trust_env=False)


def test_a_call_without_macaroon_is_refused(lnd):
    response = lnd.http.get("/v1/getinfo", headers={"Grpc-Metadata-macaroon": ""})

    assert (response.status_code, response.json()["message"]) == (500, "expected 1 macaroon, got 0")


def test_a_wrong_macaroon_is_refused(lnd):
    response = lnd.http.get("/v1/getinfo", headers={"Grpc-Metadata-macaroon": "00ff"})

    assert response.status_code == 500
    assert response.json()["message"].startswith("verification failed: signature mismatch")


def test_the_node_says_who_it_is_and_on_which_network(lnd, admin):
    info = lnd.http.get("/v1/getinfo").json()

    assert info["chains"] == [{"chain": "bitcoin", "network": "regtest"}]
    assert info["synced_to_chain"] is True
    assert info["block_height"] == admin.clock()["block_height"]
    assert len(info["identity_pubkey"]) == 66


def test_64_bit_integers_are_strings_and_bytes_are_base64(lnd):
    created = lnd.create(PREIMAGE).json()
    invoice = lnd.look_up(PREIMAGE).json()

    assert (invoice["value"], invoice["value_msat"], invoice["expiry"]) == ("250000", "250000000", "600")
    assert from_base64(invoice["r_hash"]) == sha256(PREIMAGE).digest()
    assert len(from_base64(created["payment_addr"])) == 32
    assert created["add_index"] == "1"
    assert (invoice["state"], invoice["htlcs"], invoice["r_preimage"]) == ("OPEN", [], "")


def test_an_address_takes_base64url_only(lnd):
    lnd.create(PREIMAGE)
    standard = b64encode(sha256(PREIMAGE).digest()).decode()

    response = lnd.http.get("/v2/invoices/lookup", params={"payment_hash": standard})

    assert (response.status_code, response.json()["code"]) == (400, 3)


def test_a_body_takes_standard_base64_only(lnd):
    response = lnd.create(hash=urlsafe_b64encode(sha256(PREIMAGE).digest()).decode())

    assert (response.status_code, response.json()["code"]) == (400, 3)


def test_one_path_takes_hex(lnd):
    lnd.create(PREIMAGE)

    assert lnd.http.get(f"/v1/invoice/{sha256(PREIMAGE).hexdigest()}").json()["state"] == "OPEN"
    assert lnd.http.get("/v1/invoice/xyz").status_code == 400


def test_an_unknown_invoice_is_not_found(lnd):
    response = lnd.look_up(PREIMAGE)

    assert (response.status_code, response.json()["code"]) == (404, 5)
    assert response.json()["message"] == "unable to locate invoice"


@pytest.mark.parametrize("act", ["settle", "cancel"])
def test_nothing_can_be_done_to_an_unknown_invoice(lnd, act):
    response = getattr(lnd, act)(PREIMAGE)

    assert (response.status_code, response.json()["code"]) == (500, 2)


def test_a_hash_is_used_once(lnd):
    lnd.create(PREIMAGE)

    response = lnd.create(PREIMAGE)

    assert response.status_code == 500
    assert response.json() == {"code": 2, "message": "invoice with payment hash already exists", "details": []}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"cltv_expiry": "23"}, 500),
        ({"cltv_expiry": "65536"}, 500),
        ({"expiry": "31536001"}, 500),
        ({"value": "1"}, 500),
        ({"value_msat": "-1000"}, 500),
        ({"memo": "x" * 640}, 500),
        ({"hash": "AAAA"}, 500),
        ({"hash": None}, 500),
        ({"value_msat": "1.5"}, 400),
        ({"value_msat": True}, 400),
        ({"valueMsat": "1"}, 400),
        ({"memo": 7}, 400),
    ],
)
def test_impossible_terms_are_refused(lnd, changes, status):
    response = lnd.create(**changes)

    assert (response.status_code, response.json()["code"]) == (status, 2 if status == 500 else 3)


def test_terms_left_out_have_lnds_defaults(lnd):
    lnd.create(PREIMAGE, expiry=None, cltv_expiry="0", memo=None)

    invoice = lnd.look_up(PREIMAGE).json()
    assert (invoice["expiry"], invoice["cltv_expiry"], invoice["memo"]) == ("86400", "80", "")


def test_a_path_and_a_method_that_are_not_there(lnd):
    assert lnd.http.get("/v1/nothing").json()["code"] == 5
    assert lnd.http.get("/v2/invoices/hodl").status_code == 501


@pytest.mark.parametrize(("fault", "status"), [("http_500", 500), ("html_503", 503), ("rate_429", 429)])
def test_a_fault_does_nothing_at_the_node(lnd, admin, fault, status):
    admin.fault("lnd_create", fault)

    assert lnd.create(PREIMAGE).status_code == status
    assert lnd.look_up(PREIMAGE).status_code == 404


def test_a_lost_answer_leaves_an_invoice_behind(lnd, admin):
    admin.fault("lnd_create", "lose_reply")

    with pytest.raises(httpx2.TransportError):  # TLS reads a reset as an end without goodbye
        lnd.create(PREIMAGE)

    assert lnd.look_up(PREIMAGE).json()["state"] == "OPEN"
    assert admin.requests("lnd_create")[0]["reference"] == sha256(PREIMAGE).hexdigest()
