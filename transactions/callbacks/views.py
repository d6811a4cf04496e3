"""Where providers post: keep the bytes, answer 200. What they mean is found out afterwards."""

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from transactions.services import inbox

log = structlog.get_logger(__name__)

#: no message of a provider comes near this
BODY_BYTES = 64 * 1024


@csrf_exempt
@require_POST
def receive(request: HttpRequest, secret: str) -> HttpResponse:
    """Keep one message. Result and timeout URLs share a secret: the body says which of the two it is."""
    if int(request.headers.get("Content-Length") or 0) > BODY_BYTES:
        log.warning("message_too_large", bytes=request.headers["Content-Length"])
        return HttpResponse(status=413)
    inbox.receive(secret, request.body, remote_address=request.META.get("REMOTE_ADDR"), at=timezone.now())
    return JsonResponse({"ResultCode": 0, "ResultDesc": "Accepted"})


@csrf_exempt
@require_POST
def probe(request: HttpRequest) -> HttpResponse:
    """Answers to probes say nothing that is needed: the gateway's acceptance of the question was the probe."""
    return JsonResponse({"ResultCode": 0, "ResultDesc": "Accepted"})
