"""HTTP for adapters: calls that are bounded in time and size, and fail as what they are by where they failed.

Nothing is ever sent twice, no redirect is followed, and no proxy or credential is taken from the environment.
"""

import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic
from typing import Any

import httpx2

from transactions.providers.base import NotSent, Uncertain

MAX_ANSWER_BYTES = 16 * 1024 * 1024
MAX_CONNECTIONS = 20
KEEP_ALIVE_SECONDS = 30.0

#: Raised only while connecting, hence before the first byte of the request. In httpcore2 2.x, ConnectError and
#: ConnectTimeout come from `connect_tcp` and `start_tls` alone, PoolTimeout while waiting for a connection, and
#: UnsupportedProtocol on reading the URL. A failed write is not among them: its bytes may have arrived.
BEFORE_SENDING = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said, whole."""

    status: int
    body: bytes

    @property
    def document(self) -> dict[str, Any] | None:
        """The body as a JSON object, numbers exact; None if it is anything else."""
        try:
            document = json.loads(self.body, parse_float=Decimal)
        except (ValueError, RecursionError):
            return None
        return document if isinstance(document, dict) else None


class HttpClient:
    """Calls to one server, from any thread and after any fork.

    `certificate_path` names the only authority to trust, for a server that signs its own; None trusts the system's.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float,
        connect_timeout_seconds: float,
        headers: Mapping[str, str] | None = None,
        certificate_path: str | None = None,
    ) -> None:
        self._opened: tuple[int, httpx2.Client, httpx2.Client] | None = None
        self._url = url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._timeout = httpx2.Timeout(timeout_seconds, connect=connect_timeout_seconds, pool=connect_timeout_seconds)
        self._headers = dict(headers or {})
        self._certificate_path = certificate_path

    def read(self, path: str, **params: str) -> Answer:
        """GET something. Raises NotSent or Uncertain; any status is an answer."""
        reading, _ = self._clients()
        return self._send(reading, "GET", path, params=params)

    def act(self, path: str, body: Mapping[str, Any]) -> Answer:
        """POST something that has an effect. Raises NotSent or Uncertain; any status is an answer.

        Always on a new connection: what fails before the request is certainly not sent, and nothing is written to a
        connection the other side may have closed meanwhile.
        """
        _, acting = self._clients()
        return self._send(acting, "POST", path, json=body)

    def close(self) -> None:
        """Close what this process has opened; the next call opens anew. After a fork the parent's stay the parent's."""
        opened, self._opened = self._opened, None
        if opened and opened[0] == os.getpid():
            opened[1].close()
            opened[2].close()

    def _clients(self) -> tuple[httpx2.Client, httpx2.Client]:
        """Return this process's clients. Threads that race here make one pair too many, and it is dropped."""
        opened = self._opened
        if opened is None or opened[0] != os.getpid():
            try:
                trust = ssl.create_default_context(cafile=self._certificate_path)
            except OSError as error:
                raise NotSent("the certificate to trust cannot be read", code="certificate") from error
            opened = self._opened = (os.getpid(), self._open(trust, keep_alive=10), self._open(trust, keep_alive=0))
        return opened[1:]

    def _open(self, trust: ssl.SSLContext, *, keep_alive: int) -> httpx2.Client:
        limits = httpx2.Limits(
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=keep_alive,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
        )
        return httpx2.Client(verify=trust, trust_env=False, headers=self._headers, timeout=self._timeout, limits=limits)

    def _send(self, client: httpx2.Client, method: str, path: str, **content: Any) -> Answer:
        give_up_at = monotonic() + self._timeout_seconds
        try:
            with client.stream(method, self._url + path, **content) as response:
                return Answer(response.status_code, _read_body(response, give_up_at))
        except BEFORE_SENDING as error:
            raise NotSent(f"{method} {path} was not sent: {type(error).__name__}", code="connect") from error
        except httpx2.HTTPError as error:
            raise Uncertain(f"{method} {path} got no answer: {type(error).__name__}", code="no_answer") from error


def _read_body(response: httpx2.Response, give_up_at: float) -> bytes:
    """Read at most so much for at most so long: a read timeout alone would wait for a slow drip for ever."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES or monotonic() > give_up_at:
            raise Uncertain("the answer was too long or too slow", code="no_answer")
    return bytes(body)
