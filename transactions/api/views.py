"""The endpoints. They read the request and write the answer; what happens in between is the domain's."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from transactions import selectors
from transactions.api import documentation, pagination, waiting
from transactions.api.authentication import client_of
from transactions.api.base import ApiView
from transactions.api.errors import LengthRequired
from transactions.api.representation import of_event, of_transaction, to_json
from transactions.api.serializers import ListParameters, PaymentSerializer
from transactions.errors import IdempotencyKeyMissing
from transactions.services import idempotency, invoices
from transactions.services.idempotency import Answer
from transactions.services.invoices import PaymentRequest

_CREATE = "POST /api/v1/transactions"


class TransactionsView(ApiView):
    """All transactions of the client."""

    @documentation.CREATE
    def post(self, request: Request) -> HttpResponse:
        """Accept a payment; its invoice follows."""
        key = _idempotency_key(request)
        serializer = PaymentSerializer(data=_body(request))
        serializer.is_valid(raise_exception=True)
        at, client = timezone.now(), client_of(request)

        def work() -> Answer:
            row = invoices.request(PaymentRequest(**serializer.validated_data), client=client, at=at)
            return Answer(202, _path(row.id), to_json(of_transaction(row)))

        answer = idempotency.once(
            client=client, key=key, operation=_CREATE, fields=serializer.validated_data, at=at, work=work
        )
        return _created(answer, seconds=waiting.preferred_seconds(request.headers.get("Prefer", "")))

    @documentation.LIST
    def get(self, request: Request) -> HttpResponse:
        """List transactions, newest first."""
        wanted = ListParameters(data=request.query_params.dict()).read()
        rows = selectors.list_transactions(client=client_of(request), status=wanted.get("status", ""))
        page = pagination.page(rows, cursor=wanted.get("cursor", ""), limit=wanted["limit"])
        following = None
        if page.next_cursor:
            following = f"{settings.PUBLIC_URL}{request.path}?{urlencode({**wanted, 'cursor': page.next_cursor})}"
        return _json({"results": [of_transaction(row) for row in page.rows], "next": following})


class TransactionView(ApiView):
    """One transaction of the client."""

    @documentation.RETRIEVE
    def get(self, request: Request, transaction_id: UUID) -> HttpResponse:
        """Show it as it is now."""
        return _json(of_transaction(selectors.get_transaction(transaction_id, client=client_of(request))))


class EventsView(ApiView):
    """What happened to one transaction of the client."""

    @documentation.EVENTS
    def get(self, request: Request, transaction_id: UUID) -> HttpResponse:
        """List its moves, oldest first."""
        row = selectors.get_transaction(transaction_id, client=client_of(request))
        return _json({"results": [of_event(event) for event in selectors.list_events(row.id)]})


def _idempotency_key(request: Request) -> str:
    key = str(request.headers.get("Idempotency-Key", ""))
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyMissing
    return key


def _body(request: Request) -> Any:
    """Return the parsed body. Without a length Django would take it for empty."""
    if request.headers.get("Transfer-Encoding") and not request.META.get("CONTENT_LENGTH"):
        raise LengthRequired
    return request.data


def _created(answer: Answer, *, seconds: int) -> HttpResponse:
    """Answer a creation: 201 if the invoice came while the client waited, else what is stored."""
    transaction_id = UUID(json.loads(answer.body)["id"])
    if not answer.is_replayed and waiting.until_issued(transaction_id, seconds=seconds):
        response = _json(of_transaction(selectors.get_transaction(transaction_id)), status=201)
        response.headers["Preference-Applied"] = f"wait={seconds}"
    else:
        response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
    if answer.is_replayed:
        response.headers["Idempotency-Replayed"] = "true"
    response.headers["Location"] = answer.location
    return response


def _path(transaction_id: UUID) -> str:
    return f"/api/v1/transactions/{transaction_id}"


def _json(content: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return HttpResponse(to_json(content), status=status, content_type="application/json")
