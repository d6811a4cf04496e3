"""The public API as an integrator's program uses it: HTTP, a key, and nothing from inside."""

import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from bitpesa.stack.errors import StackError

_DIRECT = build_opener(ProxyHandler({}))
_TIMEOUT_SECONDS = 15


class Unavailable(StackError):
    """503: nothing was created, and a later attempt may be answered."""


@dataclass(frozen=True, slots=True)
class PublicApi:
    """One integrator's access."""

    url: str
    key: str

    def create(self, order: dict[str, Any]) -> dict[str, Any]:
        """Ask for a transaction, waiting a few seconds for its invoice.

        Raises Unavailable if the platform can't quote yet, StackError on any other refusal.
        """
        headers = {"Idempotency-Key": str(uuid.uuid4()), "Prefer": "wait=5", "Content-Type": "application/json"}
        return self._ask("", json.dumps(order).encode(), headers)

    def transaction(self, transaction_id: str) -> dict[str, Any]:
        """The transaction as it is now."""
        return self._ask(f"/{transaction_id}")

    def events(self, transaction_id: str) -> list[dict[str, Any]]:
        """Everything that has happened to it, oldest first."""
        events: list[dict[str, Any]] = self._ask(f"/{transaction_id}/events")["results"]
        return sorted(events, key=lambda event: str(event["at"]))

    def _ask(self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
        url, authorization = f"{self.url}/api/v1/transactions{path}", {"Authorization": f"Bearer {self.key}"}
        request = Request(url, body, authorization | (headers or {}))  # noqa: S310  our own server
        try:
            with _DIRECT.open(request, timeout=_TIMEOUT_SECONDS) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except HTTPError as error:
            refusal = f"{request.get_method()} {url} was answered {error.code}: {_detail(error)}"
            raise (Unavailable if error.code == 503 else StackError)(refusal) from error
        except (URLError, OSError) as error:
            raise StackError(f"{request.get_method()} {url} had no answer: {error}") from error


def _detail(error: HTTPError) -> str:
    """A problem's own words, or the beginning of whatever was answered instead."""
    body = error.read().decode(errors="replace")
    try:
        problem = json.loads(body)
    except ValueError:
        return body[:200].strip()
    return str(problem.get("detail") or problem.get("title") or problem)
