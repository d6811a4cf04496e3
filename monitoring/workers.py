"""Celery's processes: they log as all others do, and carry a request's id from the request to its tasks."""

from typing import Any

from celery import signals
from structlog.contextvars import bind_contextvars, get_contextvars, unbind_contextvars

_BOUND = ("request_id", "task", "task_id")


@signals.setup_logging.connect
def keep_logging(**_: Any) -> None:
    """Keep the logging that Django has set up: with a receiver here, Celery sets up none of its own."""


@signals.before_task_publish.connect
def send_request_id(headers: dict[str, Any], **_: Any) -> None:
    """Send the id of the request that led to the task along with it."""
    if request_id := get_contextvars().get("request_id"):
        headers["request_id"] = request_id


@signals.task_prerun.connect
def bind_task(task: Any, task_id: str, **_: Any) -> None:
    """Bind what the task's records and moves are to be found by."""
    bind_contextvars(task=task.name, task_id=task_id)
    if request_id := task.request.get("request_id"):
        bind_contextvars(request_id=request_id)


@signals.task_postrun.connect
def unbind_task(**_: Any) -> None:
    """Forget it: the process goes on with another task."""
    unbind_contextvars(*_BOUND)
