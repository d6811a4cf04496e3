"""What M-Pesa posts to our URLs, read as claims. Pure.

Results and answers share one envelope, in which everything is looked up by name: parameters come as a list or as a
single object, in any order, with or without a value. What is absent, malformed or said twice differently counts as
not said, and nothing unsaid ever decides.
Sources: daraja/BusinessToCustomer and daraja/TransactionStatus, "Callback payload".
"""

from collections.abc import Iterator
from dataclasses import dataclass

from transactions.providers.payout.base import QUEUE_TIMEOUT, Report, UnreadableMessage, Verdict
from transactions.providers.payout.mpesa import codes, values
from transactions.providers.payout.mpesa.wire import Members, load

#: Only these words of TransactionStatus are final; Initiated, Authorized and Pending Authorized are not.
FINAL_STATUSES = {
    "Completed": Verdict.SUCCEEDED,
    "Declined": Verdict.FAILED,
    "Cancelled": Verdict.FAILED,
    "Expired": Verdict.FAILED,
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """The part that results and answers share."""

    code: str
    description: str
    #: False if further messages are announced (ResultType 1)
    is_last: bool
    #: the payout's own in a result, the query's own in an answer
    reference: str | None
    provider_id: str | None
    transaction_id: str | None
    parameters: Members


def parse_result(body: bytes) -> Report:
    """Read the result of a payout, or the notice that it timed out in a queue."""
    message = load(body)
    envelope = _envelope(message)
    return _result(envelope) if envelope else _queue_timeout(message)


def parse_answer(body: bytes) -> Report:
    """Read the answer to a status query, or the notice that the query timed out in a queue."""
    message = load(body)
    envelope = _envelope(message)
    return _answer(envelope) if envelope else _queue_timeout(message)


def _result(envelope: Envelope) -> Report:
    known, parameters = codes.result_of(envelope.code), envelope.parameters
    is_success = known.verdict is Verdict.SUCCEEDED
    # A TransactionID proves nothing, since failures carry one; but on success it is the receipt again.
    receipt = values.receipt(parameters.one("TransactionReceipt")) if is_success else None
    amount_kes = values.amount_kes(parameters.one("TransactionAmount"))
    is_proved = receipt is not None and amount_kes is not None and envelope.transaction_id in (None, receipt)
    is_decided = envelope.is_last and (is_proved or not is_success)
    msisdn, party_name = values.party(parameters.one("ReceiverPartyPublicName"))
    return Report(
        verdict=known.verdict if is_decided else Verdict.UNDECIDED,
        code=envelope.code,
        description=envelope.description,
        reference=envelope.reference,
        provider_id=envelope.provider_id,
        receipt=receipt,
        amount_kes=amount_kes,
        msisdn=msisdn,
        party_name=party_name,
        completed_at=values.instant(parameters.one("TransactionCompletedDateTime")),
        is_curable=is_decided and known.is_curable,
        is_credential_refused=known.is_credential_refused,
    )


def _answer(envelope: Envelope) -> Report:
    """Decide by TransactionStatus alone: ResultCode 0 only says that the query worked."""
    if envelope.code != "0":
        return Report(Verdict.UNDECIDED, envelope.code, envelope.description)
    parameters = envelope.parameters
    status = values.text(parameters.one("TransactionStatus")) or ""
    verdict = FINAL_STATUSES.get(status, Verdict.UNDECIDED)
    receipt = values.receipt(parameters.one("ReceiptNo")) if verdict is not Verdict.FAILED else None
    amount_kes = values.amount_kes(parameters.one("Amount"))
    is_proved = receipt is not None and amount_kes is not None
    is_decided = envelope.is_last and (is_proved or verdict is not Verdict.SUCCEEDED)
    msisdn, party_name = _receiver(parameters)
    return Report(
        verdict=verdict if is_decided else Verdict.UNDECIDED,
        code=status or envelope.code,
        description=values.text(parameters.one("TransactionReason")) or envelope.description,
        reference=values.text(parameters.one("OriginatorConversationID")),
        provider_id=values.text(parameters.one("ConversationID")),
        is_known=bool(status),
        receipt=receipt,
        amount_kes=amount_kes,
        msisdn=msisdn,
        party_name=party_name,
        started_at=values.instant(parameters.one("InitiatedTime")),
        completed_at=values.instant(parameters.one("FinalisedTime")),
        charge_cents=values.charge_cents(parameters.one("DebitPartyCharges")),
    )


def _receiver(parameters: Members) -> tuple[str | None, str | None]:
    """Find who was paid. The documented sample has DebitPartyName twice, the second being the credit party."""
    names = parameters.all("CreditPartyName", "ReceiverPartyPublicName") or parameters.all("DebitPartyName")[1:]
    parties = {values.party(name) for name in names}
    return parties.pop() if len(parties) == 1 else (None, None)


def _queue_timeout(message: Members) -> Report:
    """Read our own request, sent back flat: it waited too long, and may still be carried out.

    Source: github.com/global-121/121-platform; Safaricom documents no shape.
    """
    reference = values.text(message.one("OriginatorConversationID", "OriginalConversationID"))
    if not reference and not values.text(message.one("TransactionID")):
        raise UnreadableMessage("neither a result nor a request of ours")
    return Report(Verdict.UNDECIDED, QUEUE_TIMEOUT, "timed out in the provider's queue", reference=reference)


def _envelope(message: Members) -> Envelope | None:
    result = message.one("Result") if len(message.all("Result")) == 1 else None
    if not isinstance(result, Members):
        return None
    return Envelope(
        code=values.text(result.one("ResultCode")) or "",
        description=values.text(result.one("ResultDesc")) or "",
        is_last=all(values.text(kind) == "0" for kind in result.all("ResultType")),
        reference=values.text(result.one("OriginatorConversationID")),
        provider_id=values.text(result.one("ConversationID")),
        transaction_id=values.text(result.one("TransactionID")),
        parameters=Members(_parameters(result)),
    )


def _parameters(result: Members) -> Iterator[tuple[str, object]]:
    """Yield names and values. Names lose their spaces: older messages say `Originator Conversation ID`."""
    for holder in result.all("ResultParameters"):
        for held in holder.all("ResultParameter") if isinstance(holder, Members) else ():
            for item in held if isinstance(held, list) else [held]:
                if isinstance(item, Members) and (name := values.text(item.one("Key"))) and item.all("Value"):
                    yield name.replace(" ", ""), item.one("Value")
