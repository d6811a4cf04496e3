"""Starts to watch once all apps are loaded."""

import os
from pathlib import Path

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Logs, metrics and health."""

    name = "monitoring"

    def ready(self) -> None:
        """Set up the logs, and connect what counts."""
        from monitoring import logs

        logs.configure()
        if directory := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            Path(directory).mkdir(parents=True, exist_ok=True)
        from monitoring import metrics, workers  # noqa: F401
