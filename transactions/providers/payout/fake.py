"""A payout provider in memory, for lifecycle unit tests: it answers what a test scripts, and records what it got.

Its messages are JSON objects of its own, made by `result_for` and `answer_for`: the fields of `Report` by name
(`verdict` by its value, instants in ISO 8601, absent for None), `kind` ("result" or "answer"), and a `credential`
that must not be stored.
"""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from transactions.providers.base import ProviderError
from transactions.providers.payout.base import (
    Accepted,
    PayoutOrder,
    PayoutProvider,
    QueryOrder,
    Report,
    UnreadableMessage,
    Verdict,
)

INSTANTS = ("started_at", "completed_at")
REPORT_FIELDS = frozenset(field.name for field in fields(Report))
CREDENTIAL = "a secret of the fake provider"


class FakePayouts(PayoutProvider):
    """A provider whose answers are scripted. Unscripted, it accepts every order and every question."""

    name = "fake"

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC), **_given: object) -> None:
        """Take and leave what the registry hands to a real provider."""
        super().__init__(clock=clock)
        #: every order that came in time, whatever became of it
        self.orders: list[PayoutOrder] = []
        self.questions: list[QueryOrder] = []
        self.probes = 0
        self._submit_replies: deque[Accepted | ProviderError] = deque()
        self._query_replies: deque[str | ProviderError] = deque()
        self._probe_replies: deque[ProviderError] = deque()

    # What a test tells it

    def reply_to_submit(self, *replies: Accepted | ProviderError) -> None:
        """Script the next submits, one reply each."""
        self._submit_replies.extend(replies)

    def reply_to_query(self, *replies: str | ProviderError) -> None:
        """Script the next queries, one reply each: the provider's name for the question, or an error."""
        self._query_replies.extend(replies)

    def fail_next_probe(self, error: ProviderError) -> None:
        """Let the next probe (after those already scripted) end in this error."""
        self._probe_replies.append(error)

    def result_for(self, order: PayoutOrder, verdict: Verdict = Verdict.SUCCEEDED, **changed: Any) -> bytes:
        """Write the result message for an order, right in every field but those changed."""
        return _message("result", self._report_for(order, verdict, changed))

    def answer_for(self, order: PayoutOrder, verdict: Verdict = Verdict.SUCCEEDED, **changed: Any) -> bytes:
        """Write the answer to a question about an order, right in every field but those changed."""
        return _message("answer", self._report_for(order, verdict, changed))

    # The port

    def _submit(self, order: PayoutOrder) -> Accepted:
        self.check_not_late(order)
        self.orders.append(order)
        reply = self._submit_replies.popleft() if self._submit_replies else Accepted(_provider_id(order))
        if isinstance(reply, ProviderError):
            raise reply
        return reply

    def _query(self, order: QueryOrder) -> str:
        self.questions.append(order)
        reply = self._query_replies.popleft() if self._query_replies else f"question-{len(self.questions)}"
        if isinstance(reply, ProviderError):
            raise reply
        return reply

    def _probe(self) -> None:
        self.probes += 1
        if self._probe_replies:
            raise self._probe_replies.popleft()

    @staticmethod
    def parse_result(body: bytes) -> Report:
        """Read a result message."""
        return _report("result", body)

    @staticmethod
    def parse_answer(body: bytes) -> Report:
        """Read the answer to a query."""
        return _report("answer", body)

    @staticmethod
    def redact(body: bytes) -> bytes:
        """Take the credential out."""
        return body.replace(CREDENTIAL.encode(), b"[redacted]")

    def _report_for(self, order: PayoutOrder, verdict: Verdict, changed: dict[str, Any]) -> Report:
        told: dict[str, Any] = {"description": f"the payout {verdict}", "reference": order.reference}
        told |= {"provider_id": _provider_id(order), "code": "0" if verdict is Verdict.SUCCEEDED else "1"}
        if verdict is Verdict.SUCCEEDED:
            told |= {"receipt": f"FAKE{order.reference}", "amount_kes": order.amount_kes, "msisdn": order.msisdn}
            told |= {"started_at": self.clock(), "completed_at": self.clock(), "party_name": "A Recipient"}
        return Report(**{"verdict": verdict, **told, **changed})


def _provider_id(order: PayoutOrder) -> str:
    return f"fake-{order.reference}"


def _message(kind: str, report: Report) -> bytes:
    told = {name: value for name, value in asdict(report).items() if value is not None}
    told |= {name: told[name].isoformat() for name in INSTANTS if name in told}
    return json.dumps({"kind": kind, "credential": CREDENTIAL, **told}).encode()


def _report(kind: str, body: bytes) -> Report:
    try:
        told = json.loads(body)
        if told["kind"] != kind:
            raise UnreadableMessage(f"a {told['kind']}, not a {kind}")
        told = {name: value for name, value in told.items() if name in REPORT_FIELDS}
        told |= {name: datetime.fromisoformat(told[name]) for name in INSTANTS if name in told}
        return Report(**{**told, "verdict": Verdict(told["verdict"])})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableMessage("no message of the fake provider") from error
