import json
import logging
import socket
import struct
import threading
import time
import traceback
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from transactions.providers.base import NotSent, ProviderError, Rejected, Uncertain
from transactions.providers.payout.base import Accepted
from transactions.providers.payout.mpesa import acknowledgement, codes, wire
from transactions.providers.payout.mpesa.client import Answer
from transactions.providers.payout.mpesa.provider import MpesaPayouts, safe_remarks
from transactions.providers.payout.mpesa.tokens import FetchedToken, MemoryTokenStore
from transactions.tests.providers.mpesa_gateway import (
    ACCEPTED,
    CONSUMER_KEY,
    CONSUMER_SECRET,
    NOW,
    ORDER,
    PASSWORD,
    QUESTION,
    TOKEN,
    Gateway,
    RawGateway,
    payouts_at,
    store_with_token,
    token_reply,
    write_certificate,
)
from transactions.tests.providers.odd_server import (
    Handler,
    answering,
    answering_after,
    answering_half,
    answering_html,
    cutting_the_connection,
    dripping,
    make_certificate,
)

SOAP = b"<soapenv:Envelope><soapenv:Body><soapenv:Fault/></soapenv:Body></soapenv:Envelope>"
INVALID_TOKEN = {"requestId": "1-2-1", "errorCode": "404.001.03", "errorMessage": f"Invalid Access Token - {TOKEN}"}


def error(code: str, message: str = "") -> dict[str, str]:
    return {"requestId": "11728-2929992-1", "errorCode": code, "errorMessage": message}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def certificate(key: rsa.RSAPrivateKey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mpesa") / "certificate.pem"
    return write_certificate(path, key, serialization.Encoding.PEM)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


@pytest.fixture
def payouts(gateway: Gateway, certificate: Path) -> MpesaPayouts:
    return payouts_at(gateway.url, certificate)


# What is sent


def test_an_accepted_payment_is_sent_as_documented(
    gateway: Gateway, payouts: MpesaPayouts, key: rsa.RSAPrivateKey
) -> None:
    gateway.answer(answering(200, ACCEPTED))

    assert payouts.submit(ORDER) == Accepted("AG_20240706_20106e9209f64bebd05b")

    [post] = gateway.received
    credential = b64decode(post.document["SecurityCredential"], validate=True)
    assert key.decrypt(credential, padding.PKCS1v15()) == PASSWORD.encode()
    assert post.path == "/mpesa/b2c/v3/paymentrequest"
    assert post.headers["authorization"] == f"Bearer {TOKEN}"
    assert post.headers["content-type"] == "application/json"
    assert post.document == {
        "OriginatorConversationID": "bp-1-1",
        "InitiatorName": "testapi",
        "SecurityCredential": post.document["SecurityCredential"],
        "CommandID": "BusinessPayment",
        "Amount": "250",
        "PartyA": "600992",
        "PartyB": "254708374149",
        "Remarks": "Rent M rz more",
        "QueueTimeOutURL": ORDER.timeout_url,
        "ResultURL": ORDER.result_url,
        "Occassion": "bp-1-1",
    }


@pytest.mark.parametrize(
    ("receipt", "subject"),
    [("", {"OriginalConversationID": "bp-1-1"}), ("SG632NMUAB", {"TransactionID": "SG632NMUAB"})],
)
def test_a_question_is_sent_as_documented(
    gateway: Gateway, payouts: MpesaPayouts, receipt: str, subject: dict[str, str]
) -> None:
    gateway.answer(answering(200, {**ACCEPTED, "OriginatorConversationID": "1236-7134259-1"}))
    question = type(QUESTION)(QUESTION.reference, receipt, QUESTION.result_url, QUESTION.timeout_url)

    assert payouts.query(question) == "AG_20240706_20106e9209f64bebd05b"

    [post] = gateway.received
    assert post.path == "/mpesa/transactionstatus/v1/query"
    assert post.document == {
        "Initiator": "testapi",
        "SecurityCredential": post.document["SecurityCredential"],
        "CommandID": "TransactionStatusQuery",
        **subject,
        "PartyA": "600992",
        "IdentifierType": "4",
        "ResultURL": QUESTION.result_url,
        "QueueTimeOutURL": QUESTION.timeout_url,
        "Remarks": "status",
        "Occasion": "status",
    }


def test_a_probe_asks_for_the_balance_and_pays_nobody(gateway: Gateway, payouts: MpesaPayouts) -> None:
    gateway.answer(answering(200, ACCEPTED))

    payouts.probe()

    assert [(post.path, post.document["CommandID"]) for post in gateway.received] == [
        ("/mpesa/accountbalance/v1/query", "AccountBalance")
    ]


@pytest.mark.parametrize(
    ("text", "remarks"),
    [
        ("Rent, März & <more>", "Rent M rz more"),
        ("", "Payout"),
        ("x", "Payout"),
        ("💸💸", "Payout"),
        ("a" * 300, "a" * 100),
        ("\r\nBcc: x", "Bcc x"),
        ("OK", "OK"),
    ],
)
def test_remarks_are_restricted_to_what_daraja_takes(text: str, remarks: str) -> None:
    assert safe_remarks(text) == remarks


@given(text=st.text(max_size=400))
def test_remarks_are_always_two_to_a_hundred_safe_characters(text: str) -> None:
    remarks = safe_remarks(text)

    assert 2 <= len(remarks) <= 100
    assert all(character.isascii() and (character.isalnum() or character in " .-") for character in remarks)


# Too late


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(days=1)])
def test_past_its_time_nothing_is_dialled(gateway: Gateway, certificate: Path, late: timedelta) -> None:
    payouts = payouts_at(gateway.url, certificate, clock=lambda: ORDER.send_before + late)

    with pytest.raises(NotSent) as failure:
        payouts.submit(ORDER)

    assert failure.value.code == "late"
    assert gateway.connections == 0


def test_the_clock_is_read_after_the_token_was_fetched(gateway: Gateway, certificate: Path) -> None:
    gateway.answer(token_reply())
    payouts = payouts_at(
        gateway.url,
        certificate,
        tokens=MemoryTokenStore(),
        clock=lambda: ORDER.send_before if gateway.token_requests else NOW,
    )

    with pytest.raises(NotSent):
        payouts.submit(ORDER)

    assert (gateway.connections, len(gateway.posts)) == (1, 0)


# Before the first byte


def test_an_address_that_is_none_is_refused_at_the_start(certificate: Path) -> None:
    with pytest.raises(httpx2.InvalidURL):
        payouts_at("http://127.0.0.1:port", certificate)


def unused_port_url() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    "url", ["no-port", "http://no-such-host.invalid", "ftp://127.0.0.1", "127.0.0.1"], ids=lambda url: url
)
def test_what_cannot_be_dialled_is_not_sent(certificate: Path, url: str) -> None:
    payouts = payouts_at(unused_port_url() if url == "no-port" else url, certificate)

    with pytest.raises(NotSent):
        payouts.submit(ORDER)


def hang_up_within_the_handshake(connection: socket.socket) -> None:
    connection.recv(4096)


def answer_the_handshake_in_plain_text(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def stay_silent(connection: socket.socket) -> None:
    time.sleep(1)


@pytest.mark.parametrize("treat", [hang_up_within_the_handshake, answer_the_handshake_in_plain_text, stay_silent])
def test_a_tls_handshake_that_fails_or_hangs_is_not_sent(
    certificate: Path, treat: Callable[[socket.socket], None]
) -> None:
    with RawGateway(treat, scheme="https") as gateway, pytest.raises(NotSent):
        payouts_at(gateway.url, certificate).submit(ORDER)

    assert gateway.connections == 1


def test_a_server_whose_certificate_is_not_trusted_gets_nothing(certificate: Path, tmp_path: Path) -> None:
    server_certificate = make_certificate(tmp_path / "server.pem")

    with Gateway(server_certificate) as gateway, pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED"):
        payouts_at(gateway.url, certificate).submit(ORDER)

    assert gateway.connections == 1
    assert gateway.received == []


# After the first byte


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reset_without_reading(connection: socket.socket) -> None:
    time.sleep(0.1)
    reset(connection)


def reset_within_the_headers(connection: socket.socket) -> None:
    connection.recv(20)
    reset(connection)


def close_after_the_request(connection: socket.socket) -> None:
    connection.recv(65536)


def answer_no_http(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")


def redirect_to_itself(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")


def quote_the_request(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 " + connection.recv(65536))


@pytest.mark.parametrize(
    "treat",
    [
        reset_without_reading,
        reset_within_the_headers,
        close_after_the_request,
        answer_no_http,
        redirect_to_itself,
        quote_the_request,
        stay_silent,
    ],
)
def test_a_connection_that_breaks_after_the_dial_is_uncertain_and_never_dialled_again(
    certificate: Path, treat: Callable[[socket.socket], None]
) -> None:
    with RawGateway(treat) as gateway, pytest.raises(Uncertain) as failure:
        payouts_at(gateway.url, certificate).submit(ORDER)

    assert gateway.connections == 1
    assert_without_secrets(failure.value)


def answering_bytes(status: int, body: bytes, content_type: str = "application/json") -> Callable[[Handler], None]:
    return lambda handler: handler.send(status, body, content_type)


UNCERTAIN = {
    "cut after reading": cutting_the_connection,
    "half an answer": answering_half,
    "no answer in time": answering_after(1),
    "an answer that never ends": dripping,
    "an answer too long": answering_bytes(200, json.dumps(ACCEPTED).encode() + b" " * wire.MAX_BYTES),
    "firewall page": answering_html(503),
    "firewall page as success": answering_html(200),
    "soap fault": answering_bytes(500, SOAP, "text/xml"),
    "soap fault as success": answering_bytes(200, SOAP, "text/xml"),
    "empty": answering_bytes(200, b""),
    "not an object": answering(200, [ACCEPTED]),
    "deeply nested": answering_bytes(200, b"[" * 60000),
    "response code 1": answering(200, {**ACCEPTED, "ResponseCode": "1"}),
    "response code false": answering(200, {**ACCEPTED, "ResponseCode": False}),
    "no response code": answering(200, {"ConversationID": "AG_1"}),
    "two response codes": answering_bytes(200, b'{"ConversationID":"A","ResponseCode":"1","ResponseCode":"0"}'),
    "no conversation id": answering(200, {**ACCEPTED, "ConversationID": ""}),
    "another reference": answering(200, {**ACCEPTED, "OriginatorConversationID": "bp-2-1"}),
    "acceptance with an error": answering(200, {**ACCEPTED, **error("500.003.1001")}),
    "acceptance as 201": answering(201, ACCEPTED),
    "acceptance as 500": answering(500, ACCEPTED),
    "bad gateway": answering(502, error("400.002.02", "Bad Request - Invalid PartyB")),
    "duplicate": answering(500, error("500.002.1001", "Duplicate OriginatorConversationID.")),
    "internal error under the same code": answering(500, error("500.002.1001", "System internal error.")),
    "wrong credentials": answering(500, error("500.001.1001", "Wrong credentials")),
    "internal error": answering(500, error("500.003.1001", "Internal Server Error")),
    "system busy under spike arrest's code": answering(500, error("500.003.02", "System is busy.")),
    "429 without a documented code": answering(429, error("429.001.01", "Too Many Requests")),
    "429 as a page": answering_html(429),
    "unknown code": answering(400, error("400.999.99", "Something new")),
    "refusal as 200": answering(200, error("400.002.02", "Bad Request - Invalid PartyB")),
    "forbidden": answering_html(403),
}


@pytest.mark.parametrize("reply", UNCERTAIN.values(), ids=UNCERTAIN)
def test_whatever_is_no_documented_answer_is_uncertain_and_never_sent_again(
    gateway: Gateway, payouts: MpesaPayouts, reply: Callable[[Handler], None]
) -> None:
    gateway.answer(*[reply] * 3)

    with pytest.raises(Uncertain) as failure:
        payouts.submit(ORDER)

    assert (gateway.connections, len(gateway.posts)) == (1, 1)
    assert_without_secrets(failure.value)


@pytest.mark.parametrize(
    ("name", "code"), [("an answer that never ends", "too_slow"), ("an answer too long", "too_long")]
)
def test_an_answer_is_bounded_in_time_and_in_size(
    gateway: Gateway, payouts: MpesaPayouts, name: str, code: str
) -> None:
    gateway.answer(UNCERTAIN[name])

    with pytest.raises(Uncertain) as failure:
        payouts.submit(ORDER)

    assert failure.value.code == code


def test_a_duplicate_says_so_to_the_reader(gateway: Gateway, payouts: MpesaPayouts) -> None:
    gateway.answer(UNCERTAIN["duplicate"])

    with pytest.raises(Uncertain, match="an earlier send arrived") as failure:
        payouts.submit(ORDER)

    assert failure.value.code == "500.002.1001"


@pytest.mark.parametrize("reply", [ACCEPTED, {**ACCEPTED, "ResponseCode": 0}, {**ACCEPTED, "extra": [1.5]}])
def test_an_acceptance_is_one(gateway: Gateway, payouts: MpesaPayouts, reply: dict[str, object]) -> None:
    gateway.answer(answering(200, reply))

    assert payouts.submit(ORDER).provider_id == ACCEPTED["ConversationID"]


REJECTED = [
    (400, "400.002.02", "Bad Request - Invalid PartyB", False),
    (400, "400.002.05", "Invalid Request Payload", False),
    (400, "400.003.02", "Bad Request", False),
    (404, "404.001.01", "Resource not found", False),
    (404, "404.001.04", "Invalid Authentication Header", False),
    (405, "405.001", "POST Method Not Allowed", False),
    (401, "401.002.01", f"Error Occurred - Invalid Access Token - {TOKEN}", True),
    (404, "404.001.03", "Invalid Access Token", True),
    (400, "400.003.01", "Invalid Access Token", True),
    (401, "401.003.01", "Invalid Access Token", True),
    (500, "500.003.02", "Error Occurred: Spike Arrest Violation", True),
    (429, "500.003.02", "Error Occurred: Spike Arrest Violation", True),
    (500, "500.003.03", "Error Occurred: Quota Violation", True),
]


@pytest.mark.parametrize(("status", "code", "message", "is_gateway_and_curable"), REJECTED)
def test_a_documented_refusal_is_one_and_is_never_sent_again(
    gateway: Gateway, payouts: MpesaPayouts, status: int, code: str, message: str, is_gateway_and_curable: bool
) -> None:
    gateway.answer(*[answering(status, error(code, message))] * 3)

    with pytest.raises(Rejected) as failure:
        payouts.submit(ORDER)

    refusal = failure.value
    assert (refusal.code, refusal.is_curable, refusal.is_gateway) == (code, *[is_gateway_and_curable] * 2)
    assert (gateway.connections, len(gateway.posts)) == (1, 1)
    assert_without_secrets(refusal)


@pytest.mark.parametrize("dash", ["-", "–"])
def test_a_refused_field_is_named(gateway: Gateway, payouts: MpesaPayouts, dash: str) -> None:
    gateway.answer(answering(400, error("400.002.02", f"Bad Request {dash} Invalid PartyB.")))

    with pytest.raises(Rejected, match="invalid field: PartyB"):
        payouts.submit(ORDER)


@given(status=st.integers(100, 599), body=st.binary(max_size=300))
def test_no_answer_raises_anything_but_the_three_kinds(status: int, body: bytes) -> None:
    with pytest.raises(Uncertain):
        acknowledgement.read(Answer(status, body))


@given(
    status=st.sampled_from([200, 400, 401, 404, 405, 429, 500, 503]),
    members=st.dictionaries(
        st.sampled_from([*ACCEPTED, "errorCode", "errorMessage"]),
        st.sampled_from([*codes.REFUSALS, "0", 0, "", None, [], "Spike Arrest", "500.002.1001"]),
    ),
)
def test_an_answer_is_an_acceptance_only_as_documented(status: int, members: dict[str, object]) -> None:
    try:
        provider_id = acknowledgement.read(Answer(status, json.dumps(members).encode()), reference="bp-1-1")
    except (Rejected, Uncertain):
        return

    assert provider_id
    assert (status, str(members["ResponseCode"]), members.get("errorCode") or "") == (200, "0", "")


def test_every_payment_has_a_connection_of_its_own(gateway: Gateway, payouts: MpesaPayouts) -> None:
    gateway.answer(*[answering(200, ACCEPTED)] * 3)

    for _ in range(3):
        payouts.submit(ORDER)

    assert gateway.connections == 3


def test_an_environment_with_a_proxy_is_ignored(
    gateway: Gateway, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    gateway.answer(answering(200, ACCEPTED))

    assert payouts_at(gateway.url, certificate).submit(ORDER).provider_id


# The token


def test_the_first_call_fetches_a_token_and_the_next_reuses_it(gateway: Gateway, certificate: Path) -> None:
    gateway.answer(token_reply("second-token-9b"), answering(200, ACCEPTED), answering(200, ACCEPTED))
    tokens = MemoryTokenStore()

    payouts_at(gateway.url, certificate, tokens=tokens).submit(ORDER)
    payouts_at(gateway.url, certificate, tokens=tokens).submit(ORDER)

    [fetch] = gateway.token_requests
    basic = b64encode(f"{CONSUMER_KEY}:{CONSUMER_SECRET}".encode()).decode()
    assert (fetch.path, fetch.headers["authorization"]) == (
        "/oauth/v1/generate?grant_type=client_credentials",
        f"Basic {basic}",
    )
    assert {post.headers["authorization"] for post in gateway.posts} == {"Bearer second-token-9b"}


NO_TOKEN = {
    "refused": answering(400, error("400.008.01", "Invalid Authentication passed")),
    "firewall page": answering_html(503),
    "cut": cutting_the_connection,
    "half": answering_half,
    "slow": answering_after(1),
    "no token": answering(200, {"expires_in": "3599"}),
    "empty token": token_reply(""),
    "a token that is no header": token_reply("a\r\nHost: elsewhere"),
    "a token that is a number": answering(200, {"access_token": 1, "expires_in": 3599}),
    "no lifetime": answering(200, {"access_token": "x"}),
    "an endless lifetime": token_reply("x", 10**12),
    "a lifetime that is none": token_reply("x", -1),
    "a lifetime that is a word": token_reply("x", "soon"),
    "not json": answering_bytes(200, SOAP),
    "a token as 500": answering(500, {"access_token": "x", "expires_in": 3599}),
}


@pytest.mark.parametrize("reply", NO_TOKEN.values(), ids=NO_TOKEN)
def test_without_a_token_the_payment_has_not_left(
    gateway: Gateway, certificate: Path, reply: Callable[[Handler], None]
) -> None:
    gateway.answer(*[reply] * 3)

    with pytest.raises(NotSent) as failure:
        payouts_at(gateway.url, certificate, tokens=MemoryTokenStore()).submit(ORDER)

    assert (len(gateway.token_requests), len(gateway.posts)) == (1, 0)
    assert_without_secrets(failure.value)


class BrokenStore:
    def current(self, fetch: object) -> str:
        raise RuntimeError(f"could not store {TOKEN}")

    def renew(self, stale: str, fetch: object) -> str:
        raise RuntimeError(f"could not replace {stale}")


def test_a_token_store_that_fails_leaves_the_payment_unsent_and_is_not_quoted(
    gateway: Gateway, certificate: Path
) -> None:
    with pytest.raises(NotSent, match="RuntimeError") as failure:
        payouts_at(gateway.url, certificate, tokens=BrokenStore()).submit(ORDER)

    assert gateway.connections == 0
    assert_without_secrets(failure.value)


def test_a_refused_token_is_replaced_by_the_next_call_not_by_the_payment(
    gateway: Gateway, payouts: MpesaPayouts
) -> None:
    gateway.answer(answering(404, INVALID_TOKEN))
    with pytest.raises(Rejected):
        payouts.submit(ORDER)
    assert gateway.token_requests == []

    gateway.answer(token_reply("second-token-9b"), answering(200, ACCEPTED), answering(200, ACCEPTED))
    payouts.submit(ORDER)
    payouts.submit(ORDER)

    assert len(gateway.token_requests) == 1
    assert [post.headers["authorization"] for post in gateway.posts] == [
        f"Bearer {TOKEN}",
        "Bearer second-token-9b",
        "Bearer second-token-9b",
    ]


def test_a_token_another_process_replaced_already_is_not_fetched_again(gateway: Gateway, certificate: Path) -> None:
    tokens = store_with_token()
    payouts = payouts_at(gateway.url, certificate, tokens=tokens)
    gateway.answer(answering(404, INVALID_TOKEN), answering(200, ACCEPTED))
    with pytest.raises(Rejected):
        payouts.submit(ORDER)

    tokens.renew(TOKEN, lambda: FetchedToken("from-another-process", 3599))
    payouts.submit(ORDER)

    assert gateway.token_requests == []
    assert gateway.posts[-1].headers["authorization"] == "Bearer from-another-process"


def test_a_question_is_asked_again_once_with_a_new_token(gateway: Gateway, payouts: MpesaPayouts) -> None:
    gateway.answer(answering(400, error("400.003.01")), token_reply("second-token-9b"), answering(200, ACCEPTED))

    assert payouts.query(QUESTION)

    assert [post.headers["authorization"] for post in gateway.posts] == [f"Bearer {TOKEN}", "Bearer second-token-9b"]


def test_a_question_is_not_asked_a_third_time(gateway: Gateway, payouts: MpesaPayouts) -> None:
    gateway.answer(*[answering(400, error("400.003.01")), token_reply("another"), answering(400, error("400.003.01"))])

    with pytest.raises(Rejected):
        payouts.query(QUESTION)

    assert len(gateway.posts) == 2


@pytest.mark.parametrize("reply", [answering_html(503), cutting_the_connection, answering_after(1)])
def test_a_question_without_an_answer_is_uncertain(
    gateway: Gateway, payouts: MpesaPayouts, reply: Callable[[Handler], None]
) -> None:
    gateway.answer(reply, reply)

    with pytest.raises(Uncertain):
        payouts.query(QUESTION)

    assert len(gateway.posts) == 1


def in_threads(call: Callable[[], str]) -> set[str]:
    with ThreadPoolExecutor(8) as pool:
        return {future.result() for future in [pool.submit(call) for _ in range(32)]}


def test_threads_share_one_token_and_renew_it_once() -> None:
    lock = threading.Lock()
    fetched: list[str] = []

    def fetch() -> FetchedToken:
        with lock:
            fetched.append(f"token-{len(fetched)}")
        time.sleep(0.01)
        return FetchedToken(fetched[-1], 3599)

    store = MemoryTokenStore()

    assert in_threads(lambda: store.current(fetch)) == {"token-0"}
    assert in_threads(lambda: store.renew("token-0", fetch)) == {"token-1"}
    assert fetched == ["token-0", "token-1"]


@pytest.mark.parametrize(("expires_in_seconds", "use_for_seconds"), [(3599, 3539), (120, 60), (30, 15), (1, 0.5)])
def test_a_token_is_replaced_before_it_expires(expires_in_seconds: int, use_for_seconds: float) -> None:
    now, values = [1000.0], iter(["first", "second"])
    store = MemoryTokenStore(seconds=lambda: now[0])

    def fetch() -> FetchedToken:
        return FetchedToken(next(values), expires_in_seconds)

    assert store.current(fetch) == "first"
    now[0] += use_for_seconds - 0.1
    assert store.current(fetch) == "first"
    now[0] += 0.1
    assert store.current(fetch) == "second"


# Secrets

SECRETS = (PASSWORD, CONSUMER_SECRET, TOKEN, b64encode(f"{CONSUMER_KEY}:{CONSUMER_SECRET}".encode()).decode())


def assert_without_secrets(error: ProviderError) -> None:
    """Look at all a log or an error tracker would show of it, chained exceptions and their requests included."""
    assert error.__cause__ is None
    assert error.__context__ is None
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    assert not [secret for secret in SECRETS if secret in shown]


def test_no_secret_is_logged_at_any_level(
    gateway: Gateway, certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for logger in (None, "httpx2", "httpcore2"):
        caplog.set_level(logging.DEBUG, logger=logger)
    payouts = payouts_at(gateway.url, certificate, tokens=MemoryTokenStore())
    gateway.answer(token_reply(), answering(200, ACCEPTED), answering(404, INVALID_TOKEN), cutting_the_connection)

    payouts.submit(ORDER)
    for _ in range(2):
        with pytest.raises(ProviderError):
            payouts.submit(ORDER)

    assert "send_request_headers" in caplog.text
    credential = gateway.posts[0].document["SecurityCredential"]
    assert not [secret for secret in (*SECRETS, credential) if secret in caplog.text]


def test_no_secret_shows_in_a_repr(certificate: Path) -> None:
    payouts: Any = payouts_at("http://127.0.0.1:1", certificate)
    parts = [payouts, payouts._client, payouts._credential, FetchedToken(TOKEN, 1), Answer(200, TOKEN.encode())]

    assert not [part for part in parts for secret in SECRETS if secret in repr(part)]
