"""What all views under `/api/` share."""

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView


class OneForm(DefaultContentNegotiation):
    """An answer has one form, whatever `Accept` says: RFC 9110 allows it, and nobody is turned away for a header."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Take the only one."""
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """An endpoint. What it answers is about a person's money: nobody in between may keep it."""

    content_negotiation_class = OneForm
    metadata_class = None
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    cache_control = "no-store"

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Return what every answer has."""
        return {**super().default_response_headers, "Cache-Control": self.cache_control}
