"""Logs: one JSON object a line on standard error, masked by `monitoring.logs`, from every process.

Web servers and libraries that bring handlers of their own lose them here, so that nothing is written unmasked.
"""

from typing import Any

_WITH_OWN_HANDLERS = ("django", "django.server", "gunicorn.error", "gunicorn.access", "uvicorn", "uvicorn.error")
#: they tell each call, with its URL or its arguments, and say nothing that we don't
_TALKATIVE = ("httpx2", "httpcore2", "uvicorn.access", "celery.app.trace", "celery.worker.strategy")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "monitoring.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        **{name: {"handlers": [], "propagate": True} for name in _WITH_OWN_HANDLERS},
        **{name: {"level": "WARNING"} for name in _TALKATIVE},
        # A 4xx is in the request's own line.
        "django.request": {"level": "ERROR"},
    },
}
