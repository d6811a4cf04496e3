r"""Removing credentials from received bytes before they are stored.

Works on bytes and not on parsed JSON, since the message may be broken, nested in a string, or no JSON at all. What is
redacted is found by name (`"SecurityCredential": …`, `"Key": "SecurityCredential", "Value": …`) and by shape: a run of
200 base64 characters is a SecurityCredential whatever it is called (344 with a 2048-bit key). Every pattern is linear.
"""

import re

_NAME = rb"(?:credential|password|passkey|secret|access_?token|authorization)"
_STRING = rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)'  # closed, or cut off by the end of the message
_BARE = rb'(?:bearer\s+)?[^\s,}\]"\\&<\[{][^\s,}\]"\\&<]*'
#: a string in a string: \"…\"
_ESCAPED = rb'(?P<quote>\\+")(?:.*?)(?:\\+"|\Z)'
#: where an object or a list ends cannot be told in broken JSON, so everything from there on goes
_CONTAINER = rb"(?P<rest>[\[{].*)"

_FLAGS = re.IGNORECASE | re.DOTALL
_NAMED = re.compile(
    rb'(?P<before>%b[a-z0-9_ ]{0,40}(?:\\*")?\s*(?:,\s*\\*"value\\*"\s*)?[:=>]\s*)'
    rb"(?:(?P<string>%b)|%b|%b|%b)" % (_NAME, _STRING, _ESCAPED, _CONTAINER, _BARE),
    _FLAGS,
)
_NAMED_AFTERWARDS = re.compile(
    rb'(?P<before>"value"\s*:\s*)(?:(?P<string>%b)|%b)(?=\s*,\s*"key"\s*:\s*"[^"]{0,40}?%b)' % (_STRING, _BARE, _NAME),
    _FLAGS,
)
_BASE64 = rb"[a-z0-9+/=_%\\-]"
_SHAPED = re.compile(rb"(?<!%b)%b{200,}|(?<=bearer )[^\s\"\\<]+" % (_BASE64, _BASE64), _FLAGS)


def redact(body: bytes) -> bytes:
    """Return the bytes without credentials; valid JSON stays valid unless a credential was an object or a list."""
    text = body.replace(b"\x00", b"")  # UTF-16 would hide every name
    for pattern in (_NAMED_AFTERWARDS, _NAMED):
        text = pattern.sub(_blank, text)
    return _SHAPED.sub(b"[redacted]", text)


def _blank(match: re.Match[bytes]) -> bytes:
    found = match.groupdict()
    if found.get("quote"):
        return found["before"] + found["quote"] + b"[redacted]" + found["quote"]
    is_word = found["string"] is None and found.get("rest") is None
    return found["before"] + (b"null" if is_word else b'"[redacted]"')
