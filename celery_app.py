"""The Celery application: `celery -A celery_app worker`."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bitpesa.settings.local")

WORKER_SOCKET_SECONDS = 5

app = Celery("bitpesa")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def _be_patient(**_: Any) -> None:
    """A worker waits for work on its connection; whoever only sends must not wait for a Redis that hangs."""
    app.conf.broker_transport_options = {
        **app.conf.broker_transport_options,
        "socket_timeout": WORKER_SOCKET_SECONDS,
    }
