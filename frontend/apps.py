"""The screens: a public form and checkout, and the operators' dashboard."""

from django.apps import AppConfig


class FrontendConfig(AppConfig):
    """Server-rendered pages that are kept fresh by a stream of hints."""

    name = "frontend"

    def ready(self) -> None:
        """Listen for moves, to tell the pages that are open."""
        from frontend import live
        from transactions import signals

        signals.status_changed.connect(live.publish, dispatch_uid="frontend.live")
