"""HTTP to Daraja: one token for the app, one fresh connection per request, and nothing ever sent twice.

Requests go through the transport itself, below redirects, cookies, proxies and environment: one call is one dial and
one request at most.
"""

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic

import httpx2

from transactions.providers.base import NotSent, ProviderError, Uncertain
from transactions.providers.http import BEFORE_SENDING
from transactions.providers.payout.base import UnreadableMessage
from transactions.providers.payout.mpesa import wire
from transactions.providers.payout.mpesa.tokens import FetchedToken, TokenStore

TOKEN_PATH = "/oauth/v1/generate?grant_type=client_credentials"  # noqa: S105  a path, no secret
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")  # what an HTTP header can carry
_SECONDS = re.compile(r"[1-9][0-9]{0,8}")
_PLAIN_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "bitpesa-bridge",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came: not necessarily JSON, not necessarily Daraja's. May hold a token."""

    status: int
    body: bytes = field(repr=False)


class DarajaClient:
    """Sends single requests to Daraja, and keeps track of the token."""

    def __init__(
        self,
        *,
        url: str,
        consumer_key: str,
        consumer_secret: str,
        tokens: TokenStore,
        timeout_seconds: float,
        connect_timeout_seconds: float,
    ) -> None:
        self._url = str(httpx2.URL(url)).rstrip("/")  # raises here, at the start, if it is none
        self._basic = httpx2.BasicAuth(consumer_key, consumer_secret)
        self._tokens = tokens
        self._stale_token = ""
        self._deadline_seconds = timeout_seconds
        timeout = httpx2.Timeout(timeout_seconds, connect=connect_timeout_seconds, pool=connect_timeout_seconds)
        self._extensions = {"timeout": timeout.as_dict()}

    @cached_property
    def _transport(self) -> httpx2.HTTPTransport:
        """Made by the first call: a process that only receives messages reads no certificates."""
        return httpx2.HTTPTransport(
            verify=ssl.create_default_context(),
            trust_env=False,
            retries=0,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )

    def token(self) -> str:
        """Return a token believed to be good. Raises NotSent: whatever it was wanted for has not left."""
        try:
            return self._current_token()
        except NotSent:
            raise
        except Exception as error:
            reason = type(error).__name__  # not its text: a store may quote what it failed to keep
        raise NotSent(f"the token store failed: {reason}", code="token_store")

    def mark_stale(self, token: str) -> None:
        """Remember that Daraja refused this token: the next call gets another one."""
        self._stale_token = token

    def _current_token(self) -> str:
        if not (stale := self._stale_token):
            return self._tokens.current(self._fetch_token)
        token = self._tokens.renew(stale, self._fetch_token)
        if self._stale_token == stale:  # a thread may have marked another one meanwhile
            self._stale_token = ""
        return token

    def prepare(self, path: str, fields: Mapping[str, str], token: str) -> httpx2.Request:
        """Build a POST, complete, without connecting."""
        headers = _PLAIN_HEADERS | {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        return self._build("POST", path, headers, json.dumps(dict(fields)).encode())

    def send(self, request: httpx2.Request) -> Answer:
        """Send it, once. Raises NotSent if certainly no byte of it left, otherwise Uncertain."""
        failure: ProviderError
        try:
            return self._exchange(request)
        except BEFORE_SENDING as error:
            # The text is the system's (refused, no such host, certificate): nothing secret was written yet.
            failure = NotSent(f"not connected: {type(error).__name__}: {error}", code=type(error).__name__)
        except Uncertain as error:
            failure = error
        except Exception as error:
            # Only the name: the text of a protocol error can quote headers.
            failure = Uncertain(f"no answer: {type(error).__name__}", code=type(error).__name__)
        # Raised out here so that it carries no other exception, whose request would hold the credential.
        raise failure

    def _exchange(self, request: httpx2.Request) -> Answer:
        response = self._transport.handle_request(request)
        give_up_at, body = monotonic() + self._deadline_seconds, b""
        try:
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > wire.MAX_BYTES:
                    raise Uncertain("the answer is too long", code="too_long")
                if monotonic() > give_up_at:
                    raise Uncertain("the answer does not end", code="too_slow")
        finally:
            response.close()
        return Answer(response.status_code, body)

    def _build(self, method: str, path: str, headers: Mapping[str, str], content: bytes = b"") -> httpx2.Request:
        url = self._url + path
        return httpx2.Request(method, url, headers=headers, content=content, extensions=dict(self._extensions))

    def _fetch_token(self) -> FetchedToken:
        request = next(self._basic.sync_auth_flow(self._build("GET", TOKEN_PATH, _PLAIN_HEADERS)))
        try:
            answer = self.send(request)
        except ProviderError as error:
            code, reason = error.code, str(error)
        else:
            if token := _read_token(answer):
                return token
            code, reason = f"http_{answer.status}", f"HTTP {answer.status}"
        raise NotSent(f"no token: {reason}", code=code)


def _read_token(answer: Answer) -> FetchedToken | None:
    """Read a token; `expires_in` is a number on one page of the documentation and a string on others."""
    try:
        members = wire.load(answer.body)
    except UnreadableMessage:
        return None
    value, seconds = members.one("access_token"), str(members.one("expires_in"))
    if answer.status != 200 or not isinstance(value, str):
        return None
    if not _TOKEN.fullmatch(value) or not _SECONDS.fullmatch(seconds):
        return None
    return FetchedToken(value, int(seconds))
