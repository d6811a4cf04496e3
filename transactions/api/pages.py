"""What anybody may read: the description of the API, its documentation, and a page for each problem."""

from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from transactions.api.base import ApiView
from transactions.api.errors import KINDS

#: Redoc styles itself from scripts, searches in a worker, and draws its logo from elsewhere if it is let
DOCS_CSP = {"style-src": ["'self'", "'unsafe-inline'"], "worker-src": ["'self'", "blob:"]}


@extend_schema(exclude=True)
class PublicView(ApiView):
    """Needs no key."""

    authentication_classes = ()
    permission_classes = ()
    cache_control = "public, max-age=300"


class SchemaView(PublicView):
    """OpenAPI 3.1."""

    def get(self, request: Request) -> HttpResponse:
        """Return the description as JSON."""
        return HttpResponse(_schema(), content_type="application/vnd.oai.openapi+json")


class DocsView(PublicView):
    """The description, for people."""

    def get(self, request: Request) -> HttpResponse:
        """Show it with Redoc, from our own server."""
        return render(request._request, "transactions/api_docs.html")


class ProblemView(PublicView):
    """What the `type` of a problem leads to."""

    def get(self, request: Request, code: str) -> HttpResponse:
        """Explain one kind of problem."""
        kind = KINDS.get(code)
        if kind is None:
            raise Http404
        text = f"{kind.title}\n\ncode: {code}\nHTTP status: {kind.status}\n\n{kind.remedy}\n"
        return HttpResponse(text, content_type="text/plain; charset=utf-8")


class NotFoundView(PublicView):
    """Every address under `/api/` at which there is nothing, for every method."""

    cache_control = "no-store"

    def initial(self, request: HttpRequest | Request, *args: Any, **kwargs: Any) -> None:
        """Refuse."""
        raise Http404


@cache
def _schema() -> bytes:
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return bytes(OpenApiJsonRenderer().render(schema, renderer_context={}))
