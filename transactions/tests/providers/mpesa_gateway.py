"""A Daraja that does what a test scripts, its certificate, and an adapter that talks to it."""

import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from transactions.providers.payout.base import PayoutOrder, QueryOrder
from transactions.providers.payout.mpesa.provider import MpesaPayouts
from transactions.providers.payout.mpesa.tokens import FetchedToken, MemoryTokenStore, TokenStore
from transactions.tests.providers.odd_server import OddServer, Received, answering

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TOKEN = "first-token-5d0c"
CONSUMER_KEY, CONSUMER_SECRET, PASSWORD = "consumer-key-77aa", "consumer-secret-77aa", "Initiator#Password&77aa"
ACCEPTED = {
    "ConversationID": "AG_20240706_20106e9209f64bebd05b",
    "OriginatorConversationID": "bp-1-1",
    "ResponseCode": "0",
    "ResponseDescription": "Accept the service request successfully.",
}
ORDER = PayoutOrder(
    reference="bp-1-1",
    amount_kes=250,
    msisdn="254708374149",
    remarks="Rent, März & <more>",
    result_url="https://bridge.example/hooks/r/0f1e2d3c/",
    timeout_url="https://bridge.example/hooks/t/0f1e2d3c/",
    send_before=NOW + timedelta(seconds=5),
)
QUESTION = QueryOrder(
    reference="bp-1-1",
    receipt="",
    result_url="https://bridge.example/hooks/r/4b5a6978/",
    timeout_url="https://bridge.example/hooks/t/4b5a6978/",
)


class Gateway(OddServer):
    """Daraja over HTTP. `connections` counts the dials, whether or not a request came of them."""

    def __init__(self, certificate: Path | None = None) -> None:
        super().__init__(certificate)
        self.connections = 0

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()

    @property
    def posts(self) -> list[Received]:
        return [request for request in self.received if request.method == "POST"]

    @property
    def token_requests(self) -> list[Received]:
        return [request for request in self.received if request.method == "GET"]


class RawGateway:
    """A port that treats each connection as it likes: `treat` gets the socket."""

    def __init__(self, treat: Callable[[socket.socket], None], scheme: str = "http") -> None:
        self._treat = treat
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.connections = 0
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if self._is_closing:
                    return
                self.connections += 1
                self._treat(connection)

    def __enter__(self) -> Self:
        self._is_closing = False
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closing = True
        socket.create_connection(self._listener.getsockname()).close()
        self._thread.join(5)
        self._listener.close()


def token_reply(value: str = TOKEN, expires_in: object = "3599") -> Callable[[Any], None]:
    return answering(200, {"access_token": value, "expires_in": expires_in})


def store_with_token(value: str = TOKEN) -> MemoryTokenStore:
    store = MemoryTokenStore()
    store.current(lambda: FetchedToken(value, 3599))
    return store


def payouts_at(url: str, certificate: Path, *, tokens: TokenStore | None = None, **changed: Any) -> MpesaPayouts:
    given: dict[str, Any] = {"timeout_seconds": 0.4, "connect_timeout_seconds": 0.4, "clock": lambda: NOW, **changed}
    return MpesaPayouts(
        url=url,
        consumer_key=CONSUMER_KEY,
        consumer_secret=CONSUMER_SECRET,
        initiator="testapi",
        initiator_password=PASSWORD,
        certificate_path=certificate,
        shortcode="600992",
        probe_url="https://bridge.example/hooks/p/00/",
        tokens=tokens or store_with_token(),
        **given,
    )


def make_expired_certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    """A certificate like the ones in circulation: self-signed here, and expired since 2018."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "apicaller.test")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2016, 3, 21, tzinfo=UTC))
        .not_valid_after(datetime(2018, 3, 21, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )


def write_certificate(path: Path, key: rsa.RSAPrivateKey, encoding: serialization.Encoding) -> Path:
    path.write_bytes(make_expired_certificate(key).public_bytes(encoding))
    return path
