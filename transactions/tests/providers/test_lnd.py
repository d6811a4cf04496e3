"""What the LND adapter sends, and what it makes of every kind of answer."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from transactions.providers.base import NotFound, NotSent, ProviderError, Rejected, Uncertain
from transactions.providers.lightning.base import InvoiceReading, InvoiceState, NodeReading
from transactions.providers.lightning.lnd import LndBackend
from transactions.tests.providers.lnd_samples import (
    HASH,
    HASH_BYTES,
    MACAROON_HEX,
    NEW,
    PREIMAGE,
    base64_of,
    grpc_error,
    htlc,
    lnd_invoice,
)
from transactions.tests.providers.odd_server import (
    OddServer,
    Reply,
    answering,
    answering_after,
    answering_and_hanging_up,
    answering_half,
    answering_html,
    cutting_the_connection,
    dripping,
    make_certificate,
)

CALLS = ("create", "lookup", "settle", "cancel", "pending", "node")
EFFECTS = ("create", "settle", "cancel")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("odd") / "tls.pem")


@pytest.fixture
def server(certificate: Path) -> Iterator[OddServer]:
    with OddServer(certificate) as server:
        yield server


def lnd_at(url: str, certificate: Path | None, timeout_seconds: float = 5.0) -> LndBackend:
    return LndBackend(
        url=url,
        macaroon_hex=MACAROON_HEX,
        certificate_path=str(certificate) if certificate else None,
        timeout_seconds=timeout_seconds,
        connect_timeout_seconds=1.0,
    )


@pytest.fixture
def lnd(server: OddServer, certificate: Path) -> Iterator[LndBackend]:
    with closing(lnd_at(server.url, certificate)) as lnd:
        yield lnd


def call(lnd: LndBackend, operation: str) -> object:
    arguments: dict[str, list[Any]] = {"create": [NEW], "lookup": [HASH], "settle": [PREIMAGE], "cancel": [HASH]}
    return getattr(lnd, operation)(*arguments.get(operation, ()))


def failure_of(lnd: LndBackend, operation: str) -> ProviderError:
    with pytest.raises(ProviderError) as failed:
        call(lnd, operation)
    return failed.value


# What is sent


def test_create_sends_strings_for_integers_and_standard_base64(server: OddServer, lnd: LndBackend) -> None:
    server.answer(answering(200, {"payment_request": "lnbcrt1…", "add_index": "1", "payment_addr": "AA=="}))

    assert lnd.create(NEW) == "lnbcrt1…"

    [request] = server.received
    assert (request.method, request.path) == ("POST", "/v2/invoices/hodl")
    assert request.document == {
        "hash": base64_of(HASH_BYTES),
        "value_msat": "1234000",
        "memo": "order 7",
        "expiry": "300",
        "cltv_expiry": "144",
    }


def test_settle_and_cancel_send_standard_base64(server: OddServer, lnd: LndBackend) -> None:
    server.answer(answering(200, {}), answering(200, {}))

    lnd.settle(PREIMAGE)
    lnd.cancel(HASH)

    settled, cancelled = server.received
    assert (settled.path, settled.document) == ("/v2/invoices/settle", {"preimage": base64_of(PREIMAGE)})
    assert (cancelled.path, cancelled.document) == ("/v2/invoices/cancel", {"payment_hash": base64_of(HASH_BYTES)})


def test_lookup_asks_by_hex_and_every_call_carries_the_macaroon(server: OddServer, lnd: LndBackend) -> None:
    server.answer(answering(200, lnd_invoice()))

    lnd.lookup(HASH)

    [request] = server.received
    assert (request.method, request.path) == ("GET", f"/v1/invoice/{HASH}")
    assert request.headers["grpc-metadata-macaroon"] == MACAROON_HEX


def test_a_payment_hash_that_is_no_hash_reaches_no_path(lnd: LndBackend) -> None:
    with pytest.raises(ValueError, match="fromhex"):
        lnd.lookup("../admin")


def test_every_effect_goes_on_a_connection_of_its_own(server: OddServer, lnd: LndBackend) -> None:
    server.answer(*[answering(200, {})] * 2)

    lnd.settle(PREIMAGE)
    lnd.settle(PREIMAGE)

    assert server.received[0].client_port != server.received[1].client_port


def test_lookups_share_a_connection(server: OddServer, lnd: LndBackend) -> None:
    server.answer(*[answering(200, lnd_invoice())] * 2)

    lnd.lookup(HASH)
    lnd.lookup(HASH)

    assert server.received[0].client_port == server.received[1].client_port


def test_an_effect_is_not_lost_on_a_connection_the_node_has_closed(server: OddServer, lnd: LndBackend) -> None:
    server.answer(answering_and_hanging_up(200, lnd_invoice()), answering(200, {}))

    lnd.lookup(HASH)
    lnd.settle(PREIMAGE)

    assert [request.path for request in server.received][1:] == ["/v2/invoices/settle"]


def test_a_forked_child_opens_connections_of_its_own(server: OddServer, lnd: LndBackend) -> None:
    server.answer(*[answering(200, lnd_invoice())] * 3)
    lnd.lookup(HASH)

    child = os.fork()
    if child == 0:
        try:
            lnd.lookup(HASH)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    lnd.lookup(HASH)

    ports = [request.client_port for request in server.received]
    assert len(ports) == 3
    assert ports[0] == ports[2] != ports[1]


# What is read


def test_a_held_invoice_is_read_by_its_last_arrival_and_its_lowest_height(server: OddServer, lnd: LndBackend) -> None:
    parts = [
        htlc(accept_time="1700000000", expiry_height=1150),
        htlc(accept_time="1700000060", expiry_height=1140),
        htlc(accept_time="1700000090", expiry_height=1010, state="CANCELED"),
    ]
    server.answer(answering(200, lnd_invoice(state="ACCEPTED", amt_paid_msat="1234005", htlcs=parts)))

    assert lnd.lookup(HASH) == InvoiceReading(
        payment_hash=HASH,
        state=InvoiceState.HELD,
        amount_msat=1_234_000,
        received_msat=1_234_005,
        bolt11="lnbcrt12340n1…",
        accepted_at=datetime.fromtimestamp(1_700_000_060, UTC),
        expiry_height=1140,
    )


def test_a_part_of_a_payment_is_no_payment(server: OddServer, lnd: LndBackend) -> None:
    server.answer(answering(200, lnd_invoice(state="OPEN", htlcs=[htlc()])))

    reading = lnd.lookup(HASH)

    assert (reading.state, reading.accepted_at, reading.expiry_height) == (InvoiceState.OPEN, None, None)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("OPEN", InvoiceState.OPEN),
        ("ACCEPTED", InvoiceState.HELD),
        ("SETTLED", InvoiceState.SETTLED),
        ("CANCELED", InvoiceState.CANCELLED),
    ],
)
def test_every_state_of_lnd_has_a_name_here(server: OddServer, lnd: LndBackend, word: str, state: InvoiceState) -> None:
    server.answer(answering(200, lnd_invoice(state=word)))

    assert lnd.lookup(HASH).state is state


def test_what_went_back_was_not_received(server: OddServer, lnd: LndBackend) -> None:
    returned = htlc(state="CANCELED")
    server.answer(answering(200, lnd_invoice(state="CANCELED", amt_paid_msat="1234000", htlcs=[returned])))

    reading = lnd.lookup(HASH)

    assert (reading.received_msat, reading.accepted_at, reading.expiry_height) == (0, None, None)


def test_pending_reads_every_page(server: OddServer, lnd: LndBackend) -> None:
    other = lnd_invoice(r_hash=base64_of(b"\x01" * 32))
    server.answer(
        answering(200, {"invoices": [lnd_invoice()], "last_index_offset": "7", "first_index_offset": "7"}),
        answering(200, {"invoices": [other], "last_index_offset": "9", "first_index_offset": "9"}),
        answering(200, {"invoices": [], "last_index_offset": "0", "first_index_offset": "0"}),
    )

    assert [reading.payment_hash for reading in lnd.pending()] == [HASH, "01" * 32]
    assert [request.path.partition("index_offset=")[2].split("&")[0] for request in server.received] == ["0", "7", "9"]
    assert all("pending_only=true" in request.path for request in server.received)


def test_a_page_that_leads_nowhere_ends_the_list(server: OddServer, lnd: LndBackend) -> None:
    server.answer(answering(200, {"invoices": [lnd_invoice()], "last_index_offset": "0"}))

    assert len(lnd.pending()) == 1


def test_node_reads_identity_and_height(server: OddServer, lnd: LndBackend) -> None:
    server.answer(answering(200, {"identity_pubkey": "02ab", "block_height": 840_000, "synced_to_chain": True}))

    assert lnd.node() == NodeReading(identity="02ab", block_height=840_000, is_synced=True)


# What a no means


@pytest.mark.parametrize(
    ("status", "message", "code", "is_curable"),
    [
        (500, "invoice with payment hash already exists", "exists", False),
        (500, "invoice still open", "still_open", False),
        (500, "invoice already canceled", "already_cancelled", False),
        (500, "invoice already settled", "already_settled", False),
        (500, "wallet locked, unlock it to enable full RPC access", "locked", True),
        (500, "waiting to start, RPC services not available", "starting", True),
        (500, "the RPC server is in the process of starting up, but not yet ready to accept calls", "starting", True),
        (500, "expected 1 macaroon, got 0", "permission", True),
        (500, "verification failed: signature mismatch after caveat verification", "permission", True),
        (403, "forbidden", "permission", True),
        (401, "unauthenticated", "permission", True),
        (400, "illegal base64 data at input byte 4", "bad_request", False),
        (404, "Not Found", "no_such_call", False),
    ],
)
def test_a_documented_no_is_a_rejection(
    server: OddServer, lnd: LndBackend, status: int, message: str, code: str, is_curable: bool
) -> None:
    server.answer(answering(status, grpc_error(message)))

    failure = failure_of(lnd, "node")

    assert isinstance(failure, Rejected)
    assert not isinstance(failure, NotFound)
    assert (failure.code, failure.is_curable) == (code, is_curable)


@pytest.mark.parametrize(
    "shape", [{"error": "unable to locate invoice", "code": 5}, grpc_error("unable to locate invoice", 5)]
)
@pytest.mark.parametrize("status", [404, 500])
@pytest.mark.parametrize("operation", ["lookup", "settle", "cancel"])
def test_an_unknown_invoice_is_not_found_in_the_old_shape_and_the_new(
    server: OddServer, lnd: LndBackend, shape: dict[str, Any], status: int, operation: str
) -> None:
    server.answer(answering(status, shape))

    assert isinstance(failure_of(lnd, operation), NotFound)


def test_an_unknown_path_never_means_that_an_invoice_is_gone(server: OddServer, lnd: LndBackend) -> None:
    server.answer(answering(404, grpc_error("Not Found", 5)), answering_html(404))

    assert not isinstance(failure_of(lnd, "lookup"), NotFound)
    assert isinstance(failure_of(lnd, "lookup"), Uncertain)


def test_creating_what_exists_returns_the_invoice_there_is(server: OddServer, lnd: LndBackend) -> None:
    server.answer(answering(500, grpc_error("invoice with payment hash already exists")), answering(200, lnd_invoice()))

    assert lnd.create(NEW) == "lnbcrt12340n1…"


def test_what_exists_and_cannot_be_read_back_is_uncertain(server: OddServer, lnd: LndBackend) -> None:
    server.answer(answering(500, grpc_error("invoice with payment hash already exists")), answering_html(502))

    assert isinstance(failure_of(lnd, "create"), Uncertain)


def test_settling_twice_and_cancelling_twice_is_done(server: OddServer, lnd: LndBackend) -> None:
    server.answer(
        answering(500, grpc_error("invoice already settled")), answering(500, grpc_error("invoice already canceled"))
    )

    assert call(lnd, "settle") is None
    assert call(lnd, "cancel") is None


def test_settling_what_went_back_and_cancelling_what_is_ours_is_refused(server: OddServer, lnd: LndBackend) -> None:
    server.answer(
        answering(500, grpc_error("invoice already canceled")), answering(500, grpc_error("invoice already settled"))
    )

    assert failure_of(lnd, "settle").code == "already_cancelled"
    assert failure_of(lnd, "cancel").code == "already_settled"


# What nobody knows


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(answering_html(503), id="HTML 503"),
        pytest.param(answering_html(403), id="HTML 403 of a proxy"),
        pytest.param(answering_html(200), id="HTML 200"),
        pytest.param(answering(503, grpc_error("connection error", 14)), id="unavailable"),
        pytest.param(answering(500, grpc_error("database is on fire")), id="unknown 500"),
        pytest.param(answering(500, {"code": 2, "message": ["no text"]}), id="a reason that is no text"),
        pytest.param(answering(200, ["no", "object"]), id="a JSON list"),
        pytest.param(lambda handler: handler.send(200, b"[" * 100_000), id="JSON without a bottom"),
        pytest.param(cutting_the_connection, id="cut"),
        pytest.param(answering_half, id="cut in the middle"),
        pytest.param(answering(302, {}), id="redirect"),
    ],
)
def test_any_other_answer_is_uncertain_and_never_asked_for_again(
    server: OddServer, lnd: LndBackend, operation: str, reply: Reply
) -> None:
    server.answer(reply)

    assert isinstance(failure_of(lnd, operation), Uncertain)
    assert len(server.received) == 1


@pytest.mark.parametrize("operation", CALLS)
def test_a_timeout_is_uncertain_and_never_resent(server: OddServer, certificate: Path, operation: str) -> None:
    server.answer(answering_after(0.6))

    assert isinstance(failure_of(lnd_at(server.url, certificate, timeout_seconds=0.2), operation), Uncertain)
    assert len(server.received) == 1


def test_a_drip_does_not_hold_a_caller_for_ever(server: OddServer, certificate: Path) -> None:
    server.answer(dripping)
    started = time.monotonic()

    assert isinstance(failure_of(lnd_at(server.url, certificate, timeout_seconds=0.3), "settle"), Uncertain)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "NEW_STATE"},
        {"value_msat": "1.5"},
        {"value_msat": None},
        {"amt_paid_msat": ""},
        {"r_hash": "not base64!"},
        {"r_hash": base64_of(b"\x01" * 32)},
        {"state": "ACCEPTED", "htlcs": [htlc(accept_time="9" * 30)]},
        {"state": "ACCEPTED", "htlcs": ["no part"]},
        {"state": "ACCEPTED", "htlcs": None},
    ],
)
def test_an_invoice_that_makes_no_sense_is_uncertain(
    server: OddServer, lnd: LndBackend, changed: dict[str, Any]
) -> None:
    server.answer(answering(200, lnd_invoice(**changed)))

    assert isinstance(failure_of(lnd, "lookup"), Uncertain)


@pytest.mark.parametrize("operation", ["create", "lookup", "pending", "node"])
def test_an_answer_without_its_fields_is_uncertain(server: OddServer, lnd: LndBackend, operation: str) -> None:
    server.answer(answering(200, {}))

    assert isinstance(failure_of(lnd, operation), Uncertain)


# What was certainly not sent


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("operation", EFFECTS)
def test_a_refused_connection_is_not_sent(certificate: Path, operation: str) -> None:
    assert isinstance(failure_of(lnd_at(f"https://127.0.0.1:{unused_port()}", certificate), operation), NotSent)


@pytest.mark.parametrize("operation", EFFECTS)
def test_a_node_whose_certificate_is_not_the_one_we_trust_gets_nothing(server: OddServer, operation: str) -> None:
    assert isinstance(failure_of(lnd_at(server.url, None), operation), NotSent)
    assert server.received == []


def test_a_node_that_never_ends_the_handshake_gets_nothing(certificate: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        lnd = lnd_at(f"https://127.0.0.1:{silent.getsockname()[1]}", certificate)

        assert isinstance(failure_of(lnd, "settle"), NotSent)


def test_a_certificate_that_cannot_be_read_is_not_sent(tmp_path: Path) -> None:
    assert failure_of(lnd_at("https://127.0.0.1:1", tmp_path / "gone.pem"), "create").code == "certificate"


# What is never told


def test_a_macaroon_is_never_sent_in_the_clear() -> None:
    with pytest.raises(ValueError, match="https"):
        LndBackend(url="http://127.0.0.1:8080", macaroon_hex=MACAROON_HEX)


def test_a_macaroon_that_is_not_hex_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="hex") as refused:
        LndBackend(url="https://127.0.0.1:8080", macaroon_hex="secret!")

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("secret", [PREIMAGE.hex(), base64_of(PREIMAGE), MACAROON_HEX])
def test_a_secret_the_node_repeats_is_not_repeated_by_us(server: OddServer, lnd: LndBackend, secret: str) -> None:
    server.answer(answering(500, grpc_error(f"cannot settle with {secret}")))

    failure = failure_of(lnd, "settle")

    assert secret not in str(failure) + repr(failure)
    assert "cannot settle with" in str(failure)


def test_the_adapter_does_not_show_its_macaroon(lnd: LndBackend) -> None:
    assert MACAROON_HEX not in repr(lnd)
