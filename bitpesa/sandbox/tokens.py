"""OAuth tokens: one at a time. A new one ends the one before it."""

import secrets
from base64 import b64encode
from datetime import timedelta

from bitpesa.sandbox.books import Books
from bitpesa.sandbox.broken import daraja_error
from bitpesa.sandbox.clock import Clock
from bitpesa.sandbox.identity import CONSUMER_KEY, CONSUMER_SECRET
from bitpesa.sandbox.server import Request, Response, json_response

LIFETIME = timedelta(seconds=3600)
BASIC = "Basic " + b64encode(f"{CONSUMER_KEY}:{CONSUMER_SECRET}".encode()).decode()


class Tokens:
    def __init__(self, books: Books, clock: Clock) -> None:
        self._books = books
        self._clock = clock

    async def generate(self, request: Request) -> Response:
        if request.headers.get("authorization") != BASIC:
            return daraja_error(400, "400.008.01", "Invalid Authentication passed")
        if request.query.get("grant_type") != "client_credentials":
            return daraja_error(400, "400.008.02", "Invalid grant type passed")
        issued = self._books.recall("tokens_issued", 0) + 1
        self._books.remember("tokens_issued", issued)
        # Daraja's pages show a number, older material a string: both have to be read.
        expires_in = 3599 if issued % 2 else "3599"
        return json_response({"access_token": self._issue(), "expires_in": expires_in})

    def is_valid(self, request: Request) -> bool:
        token = self._books.recall("token", "")
        expires_at_unix = self._books.recall("token_expires_at_unix", 0)
        is_current = bool(token) and self._clock.now().timestamp() < expires_at_unix
        return is_current and request.headers.get("authorization") == f"Bearer {token}"

    def kill(self) -> None:
        self._books.remember("token", "")

    def _issue(self) -> str:
        token = secrets.token_urlsafe(21)
        self._books.remember("token", token)
        self._books.remember("token_expires_at_unix", int((self._clock.now() + LIFETIME).timestamp()))
        return token
