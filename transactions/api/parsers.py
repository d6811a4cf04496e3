"""Bodies: JSON of a bounded size, read strictly. What one parser would take and another not is refused."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from django.http import UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from transactions.api.errors import BodyTooLarge


class BoundedJSONParser(BaseParser):
    """JSON (RFC 8259) in UTF-8, refused by its announced length before any of it is read."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Read one body. Raises BodyTooLarge or ParseError naming the place."""
        announced = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0
        if int(announced) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise BodyTooLarge
        try:
            return _read(stream.read(int(announced)).decode())
        except UnreadablePostError:
            raise _malformed("The connection broke before the end of the body.") from None
        except UnicodeDecodeError as error:
            raise _malformed(f"Byte {error.start + 1} is not UTF-8.") from None


def _read(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise _malformed(f"Line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise _malformed("It is nested too deeply.") from None
    except ValueError:
        # Python refuses to read integers of thousands of digits.
        raise _malformed("A number in it is too long.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that comes twice: readers differ on which of the two counts."""
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise _malformed(f"A name comes twice in one object: {json.dumps(name[:100])}.")
        members[name] = value
    return members


def _no_constant(name: str) -> NoReturn:
    raise _malformed(f"{name} is not JSON.")


def _malformed(detail: str) -> ParseError:
    return ParseError(detail, code="malformed-json")
