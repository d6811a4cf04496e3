"""Which problem each error becomes: one table. Whatever is not in it is a defect, and tells nobody anything."""

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import Http404, HttpResponse
from rest_framework.exceptions import (
    APIException,
    MethodNotAllowed,
    NotAuthenticated,
    ParseError,
    UnsupportedMediaType,
    ValidationError,
)

from transactions.api.problems import Fault, Kind, Problem, pointer
from transactions.errors import (
    BridgeError,
    ClientReferenceTaken,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    InvalidField,
)

log = structlog.get_logger(__name__)

_KEY = "Send the header Authorization: Bearer, a space, and a key of this deployment."
KINDS: dict[str, Kind] = {
    # What the domain refuses
    "error": Kind(500, "Something went wrong", "Repeat the request with the same Idempotency-Key."),
    "invalid-field": Kind(
        422,
        "A field is wrong",
        "Correct what `errors` points at. Nothing was done, and the same Idempotency-Key may be used again.",
    ),
    "transaction-not-found": Kind(404, "No such transaction", "Check the id. Another client's cannot be seen."),
    "rate-unavailable": Kind(503, "No fresh price", "Repeat the request with the same Idempotency-Key.", 5),
    "payments-stopped": Kind(
        503, "New payments are stopped", "Repeat the request later. What is under way goes on to its end.", 60
    ),
    "client-reference-taken": Kind(
        409, "This client_reference is taken", "Use a new one: a client_reference names one transaction for ever."
    ),
    "idempotency-key-missing": Kind(
        400,
        "The Idempotency-Key is missing",
        "Send a header Idempotency-Key with 1 to 255 printable ASCII characters, such as a UUID: new for each payment, "
        "the same for each repeat.",
    ),
    "idempotency-key-reused": Kind(
        422,
        "The Idempotency-Key was used for something else",
        "Use a new key for a new request. To repeat the first one, send the same fields. Keys are kept for 30 days.",
    ),
    "idempotency-key-busy": Kind(
        409,
        "The first request with this key is still at work",
        "Repeat the request: it gets the first one's answer.",
        1,
    ),
    "illegal-move": Kind(409, "The transaction has moved on", "Read the transaction again."),
    "kill-switch-unchanged": Kind(409, "The kill switch is in this position", "Read its state again."),
    # What the door refuses
    "not-authenticated": Kind(401, "No API key was sent", _KEY),
    "api-key-invalid": Kind(401, "The API key is not known", _KEY),
    "api-key-of-other-mode": Kind(401, "The API key is for another deployment", _KEY),
    "api-key-expired": Kind(401, "The API key has expired", "Ask the operator for a new key."),
    "api-key-revoked": Kind(401, "The API key was revoked", "Ask the operator for a new key."),
    "api-client-inactive": Kind(401, "The client is switched off", "Ask the operator."),
    "authentication-failed": Kind(401, "The API key was refused", _KEY),
    "permission-denied": Kind(403, "Not allowed", "Use a key of a client that may do this."),
    "parse-error": Kind(400, "The request cannot be read", "Send Content-Type: application/json and one JSON object."),
    "malformed-json": Kind(400, "The body is not JSON", "Send one JSON object in UTF-8, without NaN or Infinity."),
    "length-required": Kind(411, "The length of the body is unknown", "Send Content-Length instead of chunks."),
    "body-too-large": Kind(413, "The body is too large", "Send at most 64 KiB."),
    "unsupported-media-type": Kind(415, "The body is of another type", "Send Content-Type: application/json."),
    "invalid-parameter": Kind(400, "A parameter in the URL is wrong", "Correct what `errors` names."),
    "not-found": Kind(404, "There is nothing at this address", "See /api/docs/ for what there is."),
    "method-not-allowed": Kind(405, "This address does not take this method", "See the header Allow."),
    "not-acceptable": Kind(406, "There is no such form of the answer", "Accept application/json."),
    "throttled": Kind(429, "Too many requests", "Send fewer, and repeat this one after Retry-After seconds.", 1),
    "service-unavailable": Kind(
        503, "The service cannot answer now", "Repeat the request with the same Idempotency-Key.", 2
    ),
    "internal-error": Kind(
        500,
        "Something went wrong on our side",
        "Repeat the request with the same Idempotency-Key; if it goes on, send the request_id to support.",
    ),
}

#: the framework says what is wrong with these, and not what to do
_WITHOUT_REMEDY = (MethodNotAllowed, NotAuthenticated, UnsupportedMediaType)


class InvalidParameter(APIException):
    """Parameters in the URL are wrong: name → what to do."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(f"What is wrong: {', '.join(faults)}.", code="invalid-parameter")
        self.faults = [{"parameter": name, "message": message} for name, message in faults.items()]


class BodyTooLarge(ParseError):
    """Refused before it was read."""

    default_code = "body-too-large"
    default_detail = "The body is larger than 64 KiB."


class LengthRequired(ParseError):
    """A chunked body: its length is not known before it is read."""

    default_code = "length-required"
    default_detail = "Send the body with a Content-Length."


def problem_response(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Turn whatever a view raised into an answer. Django REST framework's exception handler."""
    answer = _problem(error, context).response()
    if challenge := getattr(error, "auth_header", ""):
        answer.headers["WWW-Authenticate"] = challenge
    return answer


def not_found(detail: str) -> Problem:
    """There is nothing at an address."""
    return _named("not-found", detail)


def _problem(error: Exception, context: Mapping[str, Any]) -> Problem:
    if isinstance(error, BridgeError):
        return _named(error.code, str(error), *_about(error))
    if isinstance(error, ValidationError):
        faults = list(_faults(error.detail))
        return _named("invalid-field", f"What is wrong: {', '.join(map(_name, faults))}.", *faults)
    if isinstance(error, APIException):
        code = str(error.get_codes()).replace("_", "-")
        remedy = f" {KINDS[code].remedy}" if isinstance(error, _WITHOUT_REMEDY) else ""
        return _named(code, f"{error.detail}{remedy}", *getattr(error, "faults", ()))
    if isinstance(error, Http404):
        return not_found("There is nothing at this address.")
    if isinstance(error, OperationalError):
        log.warning("database_away", error=str(error).strip())
        return _named("service-unavailable", "The service is busy or restarting. Nothing was done.")
    # Swallowed here, it has to be told to whoever listens for defects: monitoring, and Django's test client.
    got_request_exception.send(sender=type(context.get("view")), request=context.get("request"))
    log.error("api_defect", exc_info=error)
    return _named("internal-error", "Something went wrong on our side. It was recorded.")


def _named(code: str, detail: str, *faults: Fault) -> Problem:
    return Problem(code, KINDS[code], detail, faults)


def _about(error: BridgeError) -> Iterator[Fault]:
    """Say where the cause of a domain error is."""
    if isinstance(error, InvalidField):
        yield {"pointer": pointer(*error.field.split(".")), "message": str(error)}
    elif isinstance(error, ClientReferenceTaken):
        yield {"pointer": pointer("client_reference"), "message": str(error)}
    elif isinstance(error, IdempotencyKeyMissing):
        yield {"header": "Idempotency-Key", "message": str(error)}
    elif isinstance(error, IdempotencyKeyReused):
        for name in error.context["fields"]:
            yield {"pointer": pointer(*name.split(".")), "message": "It differs from the first request with this key."}


def _faults(detail: Any, *path: str) -> Iterator[Fault]:
    """Flatten a serializer's errors to pointers."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _faults(inner, *path, *([] if name == "non_field_errors" else [str(name)]))
    else:
        for message in detail:
            yield {"pointer": pointer(*path), "message": str(message)}


def _name(fault: Fault) -> str:
    return fault["pointer"].removeprefix("/").replace("/", ".") or "the body"
