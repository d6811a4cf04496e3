"""What the API answers when it does not do what was asked: problem details, RFC 9457."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.http import HttpResponse
from structlog.contextvars import get_contextvars

#: where something is wrong: `pointer` into the body, or the name of a `parameter` or `header`; and a `message`
Fault = dict[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its status, its title, and what to do about it."""

    status: int
    title: str
    remedy: str
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem, in words that are safe to show."""

    code: str
    kind: Kind
    detail: str
    faults: Sequence[Fault] = field(default_factory=tuple)

    def response(self) -> HttpResponse:
        """Turn it into an answer."""
        content = {
            "type": f"{settings.PUBLIC_URL}/api/problems/{self.code}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": get_contextvars().get("request_id"),
            "errors": self.faults,
        }
        answer = HttpResponse(json.dumps(content), status=self.kind.status, content_type="application/problem+json")
        if self.kind.retry_after_seconds is not None:
            answer.headers["Retry-After"] = str(self.kind.retry_after_seconds)
        return answer


def pointer(*names: str) -> str:
    """Return the JSON pointer (RFC 6901) to a field."""
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)
