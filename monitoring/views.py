"""What machines ask: is it alive, may it serve, how is it, what has it counted."""

import os

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from monitoring import health
from monitoring.gauges import Gauges


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer at once, whatever else is broken: restarting this process would mend none of it."""
    return JsonResponse({"status": "ok", **health.instance()})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Say whether requests should be sent here."""
    return _answer(health.report(health.NEEDED_TO_SERVE, at=timezone.now()))


@require_safe
def full(request: HttpRequest) -> JsonResponse:
    """Say how every dependency is."""
    return _answer(health.report(at=timezone.now()))


def _answer(report: dict[str, object]) -> JsonResponse:
    return JsonResponse(
        report, status=503 if report["status"] == "down" else 200, headers={"Cache-Control": "no-store"}
    )


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Write out what all processes have counted, and what is true now.

    Our own view: django_prometheus leaves the gauges out as soon as processes share a directory.
    """
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(Gauges(at=timezone.now()))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)
