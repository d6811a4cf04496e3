"""A small HTTP(S) server that answers whatever a test scripts, also what no sound server would answer."""

import ipaddress
import json
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Received:
    """A request as it arrived, and the client's port it came from."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    client_port: int

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class Handler(BaseHTTPRequestHandler):
    """Hands every request to the next scripted answer."""

    protocol_version = "HTTP/1.1"
    server: "OddServer"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Received(self.command, self.path, headers, body, self.client_address[1]))
        self.server.answers.popleft()(self)

    do_POST = do_GET

    def log_message(self, *arguments: object) -> None:
        """Say nothing: the tests look at `received`."""

    def send(self, status: int, body: bytes, content_type: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


Reply = Callable[[Handler], None]


class OddServer(ThreadingHTTPServer):
    """Listens on a free loopback port while entered."""

    daemon_threads = True

    def __init__(self, certificate: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[Received] = []
        self.answers: deque[Reply] = deque()
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server_port}"
        self._certificate = certificate
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def finish_request(self, request: Any, client_address: Any) -> None:
        if not self._certificate:
            return super().finish_request(request, client_address)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate)
        with context.wrap_socket(request, server_side=True) as encrypted:
            return super().finish_request(encrypted, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up, or does not trust us, is part of the tests."""

    def answer(self, *replies: Reply) -> None:
        self.answers.extend(replies)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()


def answering(status: int, document: object) -> Reply:
    """Answer in JSON."""
    return lambda handler: handler.send(status, json.dumps(document).encode())


def answering_html(status: int) -> Reply:
    return lambda handler: handler.send(status, b"<html><body>Service Unavailable</body></html>", "text/html")


def cutting_the_connection(handler: Handler) -> None:
    handler.cut()


def answering_half(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"state": "SETTL')
    handler.cut()


def answering_after(seconds: float) -> Reply:
    def reply(handler: Handler) -> None:
        time.sleep(seconds)
        handler.send(200, b"{}")

    return reply


def dripping(handler: Handler) -> None:
    """Send a byte now and then: never so slow that a read times out."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(60):
        handler.wfile.write(b" ")
        time.sleep(0.05)


def answering_and_hanging_up(status: int, document: object) -> Reply:
    """Answer as if the connection stayed open, then close it: the next request on it would be lost."""

    def reply(handler: Handler) -> None:
        handler.send(status, json.dumps(document).encode())
        handler.cut()

    return reply


def make_certificate(path: Path) -> Path:
    """Write a key and a certificate for 127.0.0.1, signed by itself, into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "odd server")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    key_bytes = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(key_bytes + certificate.public_bytes(pem))
    return path
