"""The URLs a provider posts to: unguessable, bound to one attempt or one question, and free of words it refuses."""

from django.conf import settings


def result(secret: str) -> str:
    """Where the result is to be posted."""
    return f"{settings.CALLBACK_URL}/hooks/r/{secret}/"


def timeout(secret: str) -> str:
    """Where it is to be said that a queue timed out."""
    return f"{settings.CALLBACK_URL}/hooks/t/{secret}/"
