"""Wires the project together at start."""

from django.apps import AppConfig


class BitpesaConfig(AppConfig):
    """The project itself: commands, checks and the Celery application."""

    name = "bitpesa"

    def ready(self) -> None:
        """Make our Celery application the current one, and register the system checks."""
        import celery_app  # noqa: F401
        from bitpesa import checks  # noqa: F401
