"""Logs: one JSON object a line, the same from every process and library, masked whatever wrote it.

Structlog hands its records to the standard library, and one formatter masks and writes both. A request's id and actor
are bound to everything that is logged, and recorded with every move, while it is served.
"""

import logging
import re
from collections.abc import Callable
from time import perf_counter
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin
from structlog.contextvars import bind_contextvars, clear_contextvars
from structlog.types import EventDict, Processor

from monitoring.masking import mask_items

log = structlog.get_logger(__name__)

#: what a caller's own id may be; anything else is replaced
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
#: surfaces that no person looks at: who it is, they say themselves
MACHINES = ("/api/", "/hooks/", "/health", "/metrics", "/static/")

_COMMON: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def mask_record(_: Any, __: str, event: EventDict) -> EventDict:
    """Mask a whole record: keys, values, and the text of an exception."""
    return mask_items(event)


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """Writes a record of structlog, or of the standard library, as one masked line of JSON."""

    def __init__(self) -> None:
        super().__init__(
            foreign_pre_chain=_COMMON,
            processors=[
                self.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                mask_record,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )


def configure() -> None:
    """Send what structlog is told, and warnings, to the standard library's handlers."""
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_COMMON,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class RequestIdMiddleware(MiddlewareMixin):
    """Names each request, says who made it, and logs one line about it when it has been answered."""

    def process_request(self, request: HttpRequest) -> None:
        """Take the caller's id, if it is a plain one, or make one."""
        given = request.headers.get("X-Request-Id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid4().hex
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        request.META["bitpesa.request"] = (request_id, perf_counter())

    def process_view(self, request: HttpRequest, _view: Callable[..., Any], _args: Any, _kwargs: Any) -> None:
        """Say who it is, once there is a session to ask."""
        if not request.path.startswith(MACHINES):
            bind_contextvars(actor=_person(request))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Log the request by its route: a path may hold a secret."""
        request_id, started = request.META["bitpesa.request"]
        match = request.resolver_match
        log.log(
            logging.INFO if response.status_code < 500 else logging.ERROR,
            "request",
            method=request.method,
            route=match.route if match else request.path[:200],
            status=response.status_code,
            milliseconds=round((perf_counter() - started) * 1_000, 1),
        )
        response["X-Request-Id"] = request_id
        clear_contextvars()
        return response


def _person(request: HttpRequest) -> str:
    """Return `staff:<id>` for whoever is logged in. Without a session cookie nothing is looked up."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return "payer"
    user = request.user
    return f"staff:{user.pk}" if user.is_authenticated else "payer"
