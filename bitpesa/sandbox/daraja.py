"""Daraja's face: the requests it takes, what it refuses at once, and what it says yes to.

Source: Daraja 3.0 pages (scrape of December 2025). A yes means "queued". Which code an invalid token gets depends on
the page one reads; all four are served, so that a client has to know them all.
"""

from datetime import timedelta
from itertools import cycle

from bitpesa.sandbox import fields
from bitpesa.sandbox.broken import daraja_error
from bitpesa.sandbox.clock import Clock
from bitpesa.sandbox.faults import FaultPlan
from bitpesa.sandbox.gate import Route
from bitpesa.sandbox.initiator import InitiatorGuard
from bitpesa.sandbox.messages import Messages
from bitpesa.sandbox.payment_queue import PaymentQueue
from bitpesa.sandbox.payments import Payment, Payments
from bitpesa.sandbox.questions import Question, Questions
from bitpesa.sandbox.results import new_conversation_id, new_originator_id, new_receipt
from bitpesa.sandbox.server import Request, Response, json_response
from bitpesa.sandbox.tokens import Tokens

B2C_PATH = "/mpesa/b2c/v3/paymentrequest"
STATUS_PATH = "/mpesa/transactionstatus/v1/query"
BALANCE_PATH = "/mpesa/accountbalance/v1/query"

#: per operation, (HTTP status, code) of "Invalid Access Token"
INVALID_TOKEN = {
    "b2c": ((404, "404.001.03"), (401, "401.003.01")),
    "status_query": ((400, "400.003.01"),),
    "balance": ((401, "401.002.01"),),
}


def absent(is_other_method: bool) -> Response:
    if is_other_method:
        return daraja_error(405, "405.001", "Method Not Allowed")
    return daraja_error(404, "404.001.01", "Resource not found")


class Daraja:
    def __init__(
        self,
        *,
        clock: Clock,
        tokens: Tokens,
        guard: InitiatorGuard,
        payments: Payments,
        queue: PaymentQueue,
        questions: Questions,
        messages: Messages,
        faults: FaultPlan,
        payout_seconds: float,
    ) -> None:
        self._clock = clock
        self._tokens = tokens
        self._guard = guard
        self._payments = payments
        self._queue = queue
        self._questions = questions
        self._messages = messages
        self._faults = faults
        self._payout_delay = timedelta(seconds=payout_seconds)
        self._invalid_token = {operation: cycle(codes) for operation, codes in INVALID_TOKEN.items()}

    def routes(self) -> dict[str, Route]:
        return {
            "GET /oauth/v1/generate": Route("token", self._tokens.generate),
            f"POST {B2C_PATH}": Route("b2c", self.pay, _reference, _recipient),
            f"POST {STATUS_PATH}": Route("status_query", self.query_status, _asked_about),
            f"POST {BALANCE_PATH}": Route("balance", self.query_balance),
        }

    async def pay(self, request: Request) -> Response:
        """Queue a payment. The same OriginatorConversationID is refused for ever, not answered again."""
        refusal = self._refusal(request, "b2c", fields.B2C)
        if refusal:
            return refusal
        if self._payments.find(_reference(request)):
            return daraja_error(500, "500.002.1001", "Duplicate OriginatorConversationID.")
        payment = self._payment(request)
        self._queue.accept(payment)
        if payment.fault.name == "early":
            self._queue.process(payment.reference, self._clock.now())
            await self._messages.deliver_now(payment.reference)
        return _accepted(payment.reference, payment.conversation_id)

    async def query_status(self, request: Request) -> Response:
        refusal = self._refusal(request, "status_query", fields.STATUS)
        if refusal:
            return refusal
        if not _asked_about(request):
            return _invalid("TransactionID")
        return self._ask(request, "status")

    async def query_balance(self, request: Request) -> Response:
        return self._refusal(request, "balance", fields.BALANCE) or self._ask(request, "balance")

    def _refusal(self, request: Request, operation: str, checks: dict[str, fields.Check]) -> Response | None:
        """What is refused at once: the token first, then the body, then field by field."""
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return daraja_error(404, "404.001.04", "Invalid Authentication Header")
        if not self._tokens.is_valid(request):
            status, code = next(self._invalid_token[operation])
            return daraja_error(status, code, "Error Occurred - Invalid Access Token - XXX")
        if request.fields is None:
            return daraja_error(400, "400.002.05", "Invalid Request Payload")
        is_json = request.headers.get("content-type", "").startswith("application/json")
        # a body of another type is not read at all, so that every field is missing
        invalid = fields.first_invalid(request.fields if is_json else {}, checks)
        return _invalid(invalid) if invalid else None

    def _payment(self, request: Request) -> Payment:
        given, now = request.fields or {}, self._clock.now()
        msisdn = _recipient(request)
        return Payment(
            reference=_reference(request),
            conversation_id=new_conversation_id(now),
            receipt=new_receipt(now),
            msisdn=msisdn,
            amount_kes=int(str(given["Amount"])),
            accepted_at=now,
            process_at=now + self._payout_delay,
            result_url=str(given["ResultURL"]),
            timeout_url=str(given["QueueTimeOutURL"]),
            request=request.body.decode(),
            fault=self._faults.take("b2c_result", msisdn),
            planned_code=self._guard.check(given["InitiatorName"], given["SecurityCredential"], given["PartyA"]),
        )

    def _ask(self, request: Request, kind: str) -> Response:
        given, now = request.fields or {}, self._clock.now()
        question = Question(
            conversation_id=new_conversation_id(now),
            originator_id=new_originator_id(),
            kind=kind,
            reference=str(given.get("OriginalConversationID") or ""),
            receipt=str(given.get("TransactionID") or ""),
            planned_code=self._guard.check(given["Initiator"], given["SecurityCredential"], given["PartyA"]),
            fault=self._faults.take("query_answer"),
            result_url=str(given["ResultURL"]),
            timeout_url=str(given["QueueTimeOutURL"]),
            answer_at=now + self._payout_delay / 2,
        )
        self._questions.accept(question)
        return _accepted(question.originator_id, question.conversation_id)


def _reference(request: Request) -> str:
    return str((request.fields or {}).get("OriginatorConversationID", ""))


def _recipient(request: Request) -> str:
    return str((request.fields or {}).get("PartyB", ""))


def _asked_about(request: Request) -> str:
    given = request.fields or {}
    return str(given.get("OriginalConversationID") or given.get("TransactionID") or "")


def _invalid(field: str) -> Response:
    return daraja_error(400, "400.002.02", f"Bad Request - Invalid {field}")


def _accepted(originator_id: str, conversation_id: str) -> Response:
    return json_response(
        {
            "ConversationID": conversation_id,
            "OriginatorConversationID": originator_id,
            "ResponseCode": "0",
            "ResponseDescription": "Accept the service request successfully.",
        }
    )
