"""Daraja's synchronous answer to a request: queued, certainly refused, or nobody knows."""

import re

from transactions.providers.base import Rejected, Uncertain
from transactions.providers.payout.base import UnreadableMessage
from transactions.providers.payout.mpesa import codes, values, wire
from transactions.providers.payout.mpesa.client import Answer

_CODE = re.compile(r"[0-9.]{3,20}")
_INVALID_FIELD = re.compile(r"invalid ([A-Za-z]{2,32})\W*", re.IGNORECASE)


def read(answer: Answer, *, reference: str = "") -> str:
    """Return Daraja's name (ConversationID) for a request that was queued.

    Raises Rejected for a documented refusal, Uncertain for everything else: another status, HTML from the firewall in
    front of Daraja, a SOAP fault, half an answer. With a `reference`, an answer naming another one is uncertain too.
    """
    members = _members(answer)
    if members is None:
        raise Uncertain(f"unreadable answer, HTTP {answer.status}", code=f"http_{answer.status}")
    code, message = values.text(members.one("errorCode")) or "", values.text(members.one("errorMessage")) or ""
    if refusal := codes.find_refusal(status=answer.status, code=code, message=message):
        raise _rejected(refusal, code, message)
    if answer.status != 200 or code:
        raise _uncertain(answer.status, code, message)
    return _provider_id(members, reference)


def _members(answer: Answer) -> wire.Members | None:
    try:
        return wire.load(answer.body)
    except UnreadableMessage:
        return None


def _provider_id(members: wire.Members, reference: str) -> str:
    response_code = values.text(members.one("ResponseCode"))
    provider_id = values.text(members.one("ConversationID"))
    if response_code != "0" or not provider_id:
        raise Uncertain("HTTP 200 without a clear acceptance", code=f"response_{(response_code or 'missing')[:20]}")
    if reference and members.one("OriginatorConversationID") not in (None, reference):
        raise Uncertain("the answer names another reference", code="other_reference")
    return provider_id


def _rejected(refusal: codes.Refusal, code: str, message: str) -> Rejected:
    # Daraja's own words stay out: "Invalid Access Token - XXX" quotes the token. A field's name is harmless and useful.
    field = _INVALID_FIELD.search(message) if refusal.meaning == "invalid field" else None
    return Rejected(
        f"{refusal.meaning}: {field[1]}" if field else refusal.meaning,
        code=code,
        is_curable=refusal.is_gateway_and_curable,
        is_gateway=refusal.is_gateway_and_curable,
    )


def _uncertain(status: int, code: str, message: str) -> Uncertain:
    """500.002.1001 has two meanings, and either way the payment may be under way: the words only help the reader."""
    hint = " (duplicate reference: an earlier send arrived)" if "duplicate" in message.casefold() else ""
    known = code if _CODE.fullmatch(code) else ""
    return Uncertain(f"HTTP {status} {known}{hint}", code=known or f"http_{status}")
