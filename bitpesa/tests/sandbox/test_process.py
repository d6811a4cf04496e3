"""The sandbox as a process: sockets, restarts, what it writes, what it imports."""

import socket
import stat
import subprocess
import sys

import httpx2
import pytest

from bitpesa.sandbox.client import SandboxRefused
from bitpesa.tests.sandbox.peers import PAYOUT_SECONDS, ROOT, Sandbox


@pytest.fixture
def own_sandbox(tmp_path):
    """A sandbox that a test may stop."""
    sandbox = Sandbox(tmp_path / "state")
    yield sandbox
    if sandbox.process.returncode is None:
        sandbox.kill()


def test_a_closed_listener_refuses_and_opens_again_at_the_same_address(sandbox, admin, daraja, lnd):
    daraja.log_in()
    lnd.http.get("/v1/getinfo")
    admin.listeners(daraja="down", lnd="down")

    with pytest.raises(httpx2.ConnectError):
        daraja.ask_token()
    with pytest.raises(httpx2.ConnectError):
        lnd.http.get("/v1/getinfo")

    admin.listeners(daraja="up", lnd="up")
    assert daraja.ask_token().status_code == 200
    assert lnd.http.get("/v1/getinfo").status_code == 200


def test_a_cut_is_a_reset_and_not_a_quiet_end(sandbox, admin):
    admin.fault("rates", "cut_request")
    port = int(sandbox.urls["daraja"].rsplit(":", 1)[1])

    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET /v2/exchange-rates?currency=BTC HTTP/1.1\r\nHost: a\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1000)


def test_one_connection_carries_many_requests(sandbox):
    port = int(sandbox.urls["daraja"].rsplit(":", 1)[1])
    request = b"GET /v2/exchange-rates?currency=BTC HTTP/1.1\r\nHost: a\r\n\r\n"

    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        for _ in range(3):
            connection.sendall(request)
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_nonsense_on_the_wire_is_a_bad_request(sandbox):
    port = int(sandbox.urls["daraja"].rsplit(":", 1)[1])

    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"\x16\x03\x01 no http\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400")


def test_requests_are_logged_with_what_they_are_about(daraja, admin, receiver):
    admin.fault("b2c", "quota")
    fields = daraja.b2c_fields(receiver.url)
    daraja.pay(fields)
    daraja.pay(fields)

    entries = admin.requests("b2c")
    assert [(entry["reference"], entry["fault"], entry["status"]) for entry in entries] == [
        (fields["OriginatorConversationID"], "quota", 500),
        (fields["OriginatorConversationID"], "", 200),
    ]
    assert [entry["operation"] for entry in admin.requests()] == ["token", "b2c", "b2c"]


@pytest.mark.parametrize(
    "plan",
    [
        {"operation": "b2c", "fault": "no_such_fault"},
        {"operation": "no_such_operation", "fault": "hang"},
        {"operation": "b2c", "fault": "twice"},
        {"operation": "b2c", "fault": "hang", "times": 0},
        {"operation": "b2c", "fault": "hang", "argument": "soon"},
        {"operation": "b2c_result", "fault": "late", "argument": -1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(admin, plan):
    with pytest.raises(SandboxRefused):
        admin.fault(**plan)


def test_reset_forgets_all_but_the_identity(daraja, lnd, admin, receiver):
    node = lnd.http.get("/v1/getinfo").json()["identity_pubkey"]
    daraja.pay(daraja.b2c_fields(receiver.url))
    lnd.create()
    admin.mine(5)
    admin.advance(5)
    admin.fault("b2c", "hang")
    admin.reset()

    assert admin.payouts()["payouts"] == admin.requests() == []
    assert lnd.http.get("/v1/invoices").json()["invoices"] == []
    assert (admin.clock()["offset_seconds"], admin.clock()["block_height"]) == (0, 1000)
    assert lnd.http.get("/v1/getinfo").json()["identity_pubkey"] == node


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_restart_forgets_nothing(own_sandbox, receiver, how):
    preimages = [bytes([n]) * 32 for n in range(3)]
    own_sandbox.lnd.create(preimages[0])
    own_sandbox.lnd.hold(own_sandbox.admin, preimages[1], expiry="90")
    own_sandbox.lnd.create(preimages[2], expiry="90")
    own_sandbox.daraja.pay(own_sandbox.daraja.b2c_fields(receiver.url, reference="one"))
    own_sandbox.daraja.query(own_sandbox.daraja.query_fields(receiver.url, OriginalConversationID="one"))
    own_sandbox.admin.advance(10)
    own_sandbox.admin.mine(2)
    token, node = own_sandbox.daraja.token, own_sandbox.lnd.http.get("/v1/getinfo").json()["identity_pubkey"]

    getattr(own_sandbox, how)()
    own_sandbox.start()

    own_sandbox.daraja.token = token
    duplicate = own_sandbox.daraja.pay(own_sandbox.daraja.b2c_fields(receiver.url, reference="one"))
    assert duplicate.json()["errorMessage"] == "Duplicate OriginatorConversationID."
    info = own_sandbox.lnd.http.get("/v1/getinfo").json()
    assert (info["identity_pubkey"], info["block_height"]) == (node, 1002)
    own_sandbox.admin.advance(PAYOUT_SECONDS * 2)
    assert own_sandbox.admin.payouts(reference="one")["paid"] == 1
    assert len(receiver.wait_for(2)) == 2
    states = [own_sandbox.lnd.look_up(preimage).json()["state"] for preimage in preimages]
    assert states == ["OPEN", "ACCEPTED", "CANCELED"]


def test_it_stops_cleanly_when_told(own_sandbox, receiver):
    own_sandbox.daraja.pay(own_sandbox.daraja.b2c_fields(receiver.url))

    assert own_sandbox.stop() == (0, "")


def test_private_files_are_for_the_owner_only(sandbox):
    for name in ("lnd.key", "lnd.macaroon", "mpesa.key", "node.key"):
        assert stat.S_IMODE((sandbox.state / name).stat().st_mode) == 0o600


def test_it_shares_no_code_with_the_rest_of_the_project():
    code = (
        "import sys, bitpesa.sandbox.__main__, bitpesa.sandbox.client;"
        "print([m for m in sys.modules if m.split('.')[0] in {'django', 'transactions', 'celery', 'monitoring'}"
        " or m.startswith('bitpesa.') and not m.startswith('bitpesa.sandbox')])"
    )

    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"
