"""Who talks to the sandbox in these tests: the process itself, a Daraja client, an LND client, a receiver of messages.

None of them is the project's own adapter: these tests judge the sandbox alone.
"""

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding

from bitpesa.sandbox.client import SandboxAdmin

ROOT = Path(__file__).parents[3]
#: long enough that nothing happens unless a test moves the clock
PAYOUT_SECONDS = 60
MSISDN = "254708374149"


class Sandbox:
    """A running sandbox process over `state`."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "bitpesa.sandbox", "--state", str(self.state)]
        for name in ("daraja", "lnd", "admin"):
            command += [f"--{name}-port", "0"]
        self.process = subprocess.Popen(
            [*command, "--payout-seconds", str(PAYOUT_SECONDS)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        ready = self.process.stdout.readline().split()
        self.urls = dict(part.split("=", 1) for part in ready[2:])
        self.admin = SandboxAdmin(self.urls["admin"])
        self.daraja = Daraja(self)
        self.lnd = Lnd(self)

    def stop(self) -> tuple[int, str]:
        """Stop it by SIGTERM; returns its exit code and what it wrote to its error output."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10), self._hang_up()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)
        self._hang_up()

    def _hang_up(self) -> str:
        """Close what the tests hold of it; returns what it wrote to its error output."""
        for client in (self.admin, self.daraja.http, self.lnd.http, self.process.stdout):
            client.close()
        with self.process.stderr as errors:
            return errors.read()


class Daraja:
    def __init__(self, sandbox: Sandbox) -> None:
        self.http = httpx2.Client(base_url=sandbox.urls["daraja"], timeout=10, trust_env=False)
        self.token = ""
        self._certificate = x509.load_pem_x509_certificate((sandbox.state / "mpesa.cer").read_bytes())

    def credential(self, password: str = "Sandbox#2026") -> str:  # noqa: S107 - published
        return b64encode(self._certificate.public_key().encrypt(password.encode(), padding.PKCS1v15())).decode()

    def ask_token(self, **changes: Any) -> httpx2.Response:
        options = {
            "params": {"grant_type": "client_credentials"},
            "auth": ("sandbox-consumer", "sandbox-secret"),
            **changes,
        }
        return self.http.get("/oauth/v1/generate", **options)

    def log_in(self) -> None:
        self.token = self.ask_token().json()["access_token"]

    def post(self, path: str, fields: dict[str, Any], **headers: str) -> httpx2.Response:
        if not self.token:
            self.log_in()
        return self.http.post(path, json=fields, headers={"Authorization": f"Bearer {self.token}", **headers})

    def b2c_fields(self, receiver_url: str, **changes: Any) -> dict[str, Any]:
        reference = changes.pop("reference", None) or uuid4().hex
        return {
            "OriginatorConversationID": reference,
            "InitiatorName": "testapi",
            "SecurityCredential": self.credential(),
            "CommandID": "BusinessPayment",
            "Amount": "1000",
            "PartyA": "600000",
            "PartyB": MSISDN,
            "Remarks": "Payout",
            "QueueTimeOutURL": f"{receiver_url}/t/{sha256(reference.encode()).hexdigest()}/",
            "ResultURL": f"{receiver_url}/r/{sha256(reference.encode()).hexdigest()}/",
            "Occassion": "",
            **changes,
        }

    def pay(self, fields: dict[str, Any]) -> httpx2.Response:
        return self.post("/mpesa/b2c/v3/paymentrequest", fields)

    def query_fields(self, receiver_url: str, **changes: Any) -> dict[str, Any]:
        return {
            "Initiator": "testapi",
            "SecurityCredential": self.credential(),
            "CommandID": "TransactionStatusQuery",
            "PartyA": "600000",
            "IdentifierType": "4",
            "Remarks": "Status",
            "QueueTimeOutURL": f"{receiver_url}/t/aa",
            "ResultURL": f"{receiver_url}/q/aa",
            **changes,
        }

    def query(self, fields: dict[str, Any]) -> httpx2.Response:
        return self.post("/mpesa/transactionstatus/v1/query", fields)

    def ask_balance(self, receiver_url: str, **changes: Any) -> httpx2.Response:
        fields = self.query_fields(receiver_url, CommandID="AccountBalance", **changes)
        return self.post("/mpesa/accountbalance/v1/query", fields)


class Lnd:
    def __init__(self, sandbox: Sandbox) -> None:
        context = ssl.create_default_context(cafile=sandbox.state / "lnd.crt")
        macaroon = (sandbox.state / "lnd.macaroon").read_bytes().hex()
        self.http = httpx2.Client(
            base_url=sandbox.urls["lnd"],
            verify=context,
            headers={"Grpc-Metadata-macaroon": macaroon},
            timeout=10,
            trust_env=False,
        )

    def create(self, preimage: bytes | None = None, **changes: Any) -> httpx2.Response:
        payment_hash = sha256(preimage or os.urandom(32)).digest()
        fields = {
            "hash": b64encode(payment_hash).decode(),
            "value_msat": "250000000",
            "memo": "Order 1",
            "expiry": "600",
            "cltv_expiry": "80",
            **changes,
        }
        return self.http.post("/v2/invoices/hodl", json={k: v for k, v in fields.items() if v is not None})

    def look_up(self, preimage: bytes) -> httpx2.Response:
        name = urlsafe_b64encode(sha256(preimage).digest()).decode()
        return self.http.get("/v2/invoices/lookup", params={"payment_hash": name})

    def settle(self, preimage: bytes) -> httpx2.Response:
        return self.http.post("/v2/invoices/settle", json={"preimage": b64encode(preimage).decode()})

    def cancel(self, preimage: bytes) -> httpx2.Response:
        payment_hash = b64encode(sha256(preimage).digest()).decode()
        return self.http.post("/v2/invoices/cancel", json={"payment_hash": payment_hash})

    def hold(self, admin: SandboxAdmin, preimage: bytes, **changes: Any) -> str:
        """Create an invoice and have it paid; returns the BOLT 11."""
        text = self.create(preimage, **changes).json()["payment_request"]
        admin.pay(text)
        return text


class Receiver:
    """Listens for messages, and keeps them as (path, body)."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self._arrived = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Return the bodies once so many have come; fail after 5 s."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.messages) >= count, 5), self.messages
            return [body for _, body in self.messages]

    def results(self, count: int) -> list[dict[str, Any]]:
        return [body["Result"] for body in self.wait_for(count)]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        keep: Callable[[str, bytes], None] = self._keep

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                keep(self.path, self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing: what arrived is in `messages`."""

        return Handler

    def _keep(self, path: str, body: bytes) -> None:
        with self._arrived:
            self.messages.append((path, json.loads(body)))
            self._arrived.notify_all()


def eventually(is_true: Callable[[], bool]) -> None:
    """Wait until it is true; fail after 5 s."""
    deadline = time.monotonic() + 5
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def parameters(result: dict[str, Any]) -> dict[str, Any]:
    return {item["Key"]: item.get("Value") for item in result["ResultParameters"]["ResultParameter"]}


def from_base64(text: str) -> bytes:
    return b64decode(text, validate=True)
