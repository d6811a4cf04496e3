"""What OpenAPI says of each endpoint beyond its types: headers, problems, examples."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import BaseSerializer

from transactions.api import examples
from transactions.api.errors import KINDS
from transactions.api.serializers import ListParameters, PaymentSerializer
from transactions.api.shapes import EventsShape, ProblemShape, TransactionPageShape, TransactionShape

_TAG = ["Transactions"]
#: what any endpoint may answer
_ANYWHERE = ("not-authenticated", "internal-error", "service-unavailable")


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes our keys."""

    target_class = "transactions.api.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "bp_<mode>_<40 hex digits>",
            "description": "A key of this deployment. One deployment has one mode, test or live, and the key names it.",
        }


def _header(name: str, description: str, *, statuses: tuple[int, ...] = (), **options: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, OpenApiParameter.HEADER, description=description, response=list(statuses) or False, **options
    )


def _problems(*codes: str) -> dict[tuple[int, str], OpenApiResponse]:
    """Describe the problems that an endpoint answers with, an example for each."""
    by_status: dict[int, list[str]] = {}
    for code in (*codes, *_ANYWHERE):
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {
        (status, "application/problem+json"): OpenApiResponse(
            ProblemShape,
            description="; ".join(KINDS[code].title for code in same),
            examples=[OpenApiExample(code, examples.problem(code), response_only=True) for code in same],
        )
        for status, same in sorted(by_status.items())
    }


def _answer(shape: type[BaseSerializer[Any]], description: str, example: dict[str, Any]) -> OpenApiResponse:
    return OpenApiResponse(
        shape, description=description, examples=[OpenApiExample("Example", example, response_only=True)]
    )


_IDEMPOTENCY_KEY = _header(
    "Idempotency-Key",
    "1 to 255 printable ASCII characters, such as a UUID: new for each payment, the same for each repeat. A repeat is "
    "answered as the first request was, byte for byte, and nothing is done again. Kept for 30 days. A request that was "
    "refused releases its key.",
    required=True,
    examples=[OpenApiExample("A UUID", "0b0f1c1e-6d0e-4a2a-9d3b-6a3c9f3f8a51")],
)
_PREFER = _header(
    "Prefer",
    "`wait=N`, N up to 10: hold the answer for so many seconds until the invoice exists (RFC 7240). Under load it is "
    "not honoured. It is no part of what a repeat has to be equal in.",
    examples=[OpenApiExample("Five seconds", "wait=5")],
)

CREATE = extend_schema(
    operation_id="create_transaction",
    tags=_TAG,
    summary="Accept a payment",
    description="Locks the price and commits the payment. The invoice follows within a second: look the transaction up "
    "at `Location`, or wait for it with `Prefer`.",
    request=PaymentSerializer,
    parameters=[
        _IDEMPOTENCY_KEY,
        _PREFER,
        _header("Location", "Where the transaction is.", statuses=(201, 202)),
        _header("Preference-Applied", "The wait that was honoured.", statuses=(201,)),
        _header("Idempotency-Replayed", "`true` if this is the answer to an earlier request.", statuses=(202,)),
        _header("Retry-After", "Seconds to wait before a repeat.", statuses=(409, 503)),
    ],
    responses={
        201: _answer(TransactionShape, "Accepted, and the invoice exists", examples.WITH_INVOICE),
        202: _answer(TransactionShape, "Accepted; the invoice follows", examples.ACCEPTED),
        **_problems(
            "malformed-json",
            "idempotency-key-missing",
            "client-reference-taken",
            "idempotency-key-busy",
            "length-required",
            "body-too-large",
            "unsupported-media-type",
            "invalid-field",
            "idempotency-key-reused",
            "payments-stopped",
            "rate-unavailable",
        ),
    },
    examples=[OpenApiExample("Send money", examples.REQUEST, request_only=True)],
)
LIST = extend_schema(
    operation_id="list_transactions",
    tags=_TAG,
    summary="List transactions",
    description="Newest first, yours only. Follow `next` to its end.",
    parameters=[ListParameters],
    responses={
        200: _answer(TransactionPageShape, "One page", {"results": [examples.WITH_INVOICE], "next": None}),
        **_problems("invalid-parameter"),
    },
)
RETRIEVE = extend_schema(
    operation_id="get_transaction",
    tags=_TAG,
    summary="Show a transaction",
    responses={
        200: _answer(TransactionShape, "As it is now", examples.WITH_INVOICE),
        **_problems("transaction-not-found"),
    },
)
EVENTS = extend_schema(
    operation_id="list_transaction_events",
    tags=_TAG,
    summary="List what happened to a transaction",
    responses={
        200: _answer(EventsShape, "Its moves, oldest first", {"results": examples.EVENTS}),
        **_problems("transaction-not-found"),
    },
)
