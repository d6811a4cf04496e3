"""The shapes of Daraja's messages: result of a payment, answer to a status or balance query. Pure.

Source: the samples of the Daraja 3.0 pages, oddities included: one parameter is an object and several are a list,
values may be missing, instants are numbers here and text there, all in East Africa Time.
"""

import json
import secrets
import string
from collections.abc import Mapping, Sequence
from datetime import datetime

from bitpesa.sandbox.accounts import EAST_AFRICA_TIME, Balances, public_name
from bitpesa.sandbox.identity import SHORTCODE, SHORTCODE_NAME
from bitpesa.sandbox.payments import Payment

DESCRIPTIONS = {
    "0": "The service request is processed successfully.",
    "1": "The balance is insufficient for the transaction.",
    "2": "Declined due to limit rule: less than the minimum transaction amount.",
    "3": "Declined due to limit rule: greater than the maximum transaction amount.",
    "4": "Declined due to limit rule: would exceed daily transfer limit.",
    "8": "Declined due to limit rule: would exceed the maximum balance.",
    "11": "The DebitParty is in an invalid state.",
    "17": "System internal error.",
    "2001": "The initiator information is invalid.",
    "2006": "Declined due to account rule: The account status does not allow this transaction.",
    "2028": "The request is not permitted according to product assignment.",
    "2040": "Credit Party customer type (Unregistered or Registered Customer) can't be supported by the service.",
    "8006": "The security credential is locked.",
    "SFC_IC0003": "The operator does not exist.",
    "R000002": "The OriginalTransactionID is invalid.",
}
RECEIPT_LETTERS = string.ascii_uppercase + string.digits
QUEUE_ITEM = {"Key": "QueueTimeoutURL", "Value": "https://internalsandbox.invalid/b2cresults/v1/submit"}

Parameter = Mapping[str, object]


def new_conversation_id(at: datetime) -> str:
    return f"AG_{at.astimezone(EAST_AFRICA_TIME):%Y%m%d}_{secrets.token_hex(10)}"


def new_originator_id() -> str:
    """The id Daraja gives to a request that brings none."""
    return f"{secrets.randbelow(90_000) + 10_000}-{secrets.randbelow(90_000_000) + 10_000_000}-1"


def new_receipt(at: datetime) -> str:
    """Ten characters, the first three for the date."""
    local = at.astimezone(EAST_AFRICA_TIME)
    date = (local.year - 2006, local.month - 1, (local.day + 25) % 36)
    return "".join(RECEIPT_LETTERS[n % 36] for n in date) + "".join(secrets.choice(RECEIPT_LETTERS) for _ in range(7))


def payment_result(payment: Payment, balances: Balances, *, amount_kes: int | None = None) -> str:
    """The message about a payment. A declined one has a TransactionID too, but no parameters."""
    envelope = _envelope(payment.result_code, payment.reference, payment.conversation_id, payment.receipt)
    if payment.result_code == "0" and payment.finished_at is not None:
        envelope["ResultParameters"] = {
            "ResultParameter": _keyed(
                TransactionAmount=payment.amount_kes if amount_kes is None else amount_kes,
                TransactionReceipt=payment.receipt,
                ReceiverPartyPublicName=public_name(payment.msisdn),
                TransactionCompletedDateTime=f"{payment.finished_at.astimezone(EAST_AFRICA_TIME):%d.%m.%Y %H:%M:%S}",
                B2CUtilityAccountAvailableFunds=_shillings(balances.utility_cents),
                B2CWorkingAccountAvailableFunds=_shillings(balances.working_cents),
                B2CRecipientIsRegisteredCustomer="Y",
                B2CChargesPaidAccountAvailableFunds=_shillings(balances.charges_cents),
            )
        }
    envelope["ReferenceData"] = {"ReferenceItem": QUEUE_ITEM}
    return _message(envelope)


def status_answer(ids: tuple[str, str], payment: Payment, status: str, *, debit_party_twice: bool = False) -> str:
    """The answer to a status query: its envelope is about the query, its parameters about the payment."""
    second_party = "DebitPartyName" if debit_party_twice else "CreditPartyName"
    charge = f"Fee For B2C Payment|KES|{payment.charge_cents // 100}.{payment.charge_cents % 100:02d}"
    parameters: list[Parameter] = [
        {"Key": "DebitPartyName", "Value": f"{SHORTCODE} - {SHORTCODE_NAME}"},
        {"Key": second_party, "Value": public_name(payment.msisdn)},
        {"Key": "OriginatorConversationID", "Value": payment.reference},
        {"Key": "InitiatedTime", "Value": _stamp(payment.accepted_at)},
        {"Key": "DebitAccountType", "Value": "Utility Account"},
        {"Key": "DebitPartyCharges", "Value": charge if payment.charge_cents else ""},
        {"Key": "TransactionReason"},
        {"Key": "ReasonType", "Value": "Business Payment to Customer via API"},
        {"Key": "TransactionStatus", "Value": status},
        _finished(payment),
        {"Key": "Amount", "Value": payment.amount_kes},
        {"Key": "ConversationID", "Value": payment.conversation_id},
        {"Key": "ReceiptNo", "Value": payment.receipt},
    ]
    envelope = _envelope("0", *ids, _placeholder())
    envelope["ResultParameters"] = {"ResultParameter": parameters}
    envelope["ReferenceData"] = {"ReferenceItem": {"Key": "Occasion"}}
    return _message(envelope)


def balance_answer(ids: tuple[str, str], balances: Balances, at: datetime) -> str:
    accounts = (
        ("Working Account", balances.working_cents),
        ("Utility Account", balances.utility_cents),
        ("Charges Paid Account", balances.charges_cents),
    )
    text = "&".join(f"{name}|KES|{_decimal(cents)}|{_decimal(cents)}|0.00|0.00" for name, cents in accounts)
    envelope = _envelope("0", *ids, _placeholder())
    envelope["ResultParameters"] = {"ResultParameter": _keyed(AccountBalance=text, BOCompletedTime=_stamp(at))}
    envelope["ReferenceData"] = {"ReferenceItem": QUEUE_ITEM}
    return _message(envelope)


def query_failure(ids: tuple[str, str], code: str, at: datetime) -> str:
    """A query that was not answered; its only parameter is an object, not a list."""
    envelope = _envelope(code, *ids, _placeholder())
    envelope["ResultParameters"] = {"ResultParameter": {"Key": "BOCompletedTime", "Value": _stamp(at)}}
    envelope["ReferenceData"] = {"ReferenceItem": QUEUE_ITEM}
    return _message(envelope)


def _envelope(code: str, originator_id: str, conversation_id: str, transaction_id: str) -> dict[str, object]:
    return {
        "ResultType": 0,
        "ResultCode": int(code) if code.isdigit() else code,
        "ResultDesc": DESCRIPTIONS.get(code, "The service request failed."),
        "OriginatorConversationID": originator_id,
        "ConversationID": conversation_id,
        "TransactionID": transaction_id,
    }


def _message(envelope: Mapping[str, object]) -> str:
    return json.dumps({"Result": envelope}, separators=(",", ":"))


def _keyed(**values: object) -> Sequence[Parameter]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def _finished(payment: Payment) -> Parameter:
    if payment.finished_at is None:
        return {"Key": "FinalisedTime"}
    return {"Key": "FinalisedTime", "Value": _stamp(payment.finished_at)}


def _placeholder() -> str:
    """A TransactionID that names nothing, as queries get."""
    return "".join(secrets.choice(string.ascii_uppercase) for _ in range(3)) + "0000000"


def _stamp(at: datetime) -> int:
    return int(f"{at.astimezone(EAST_AFRICA_TIME):%Y%m%d%H%M%S}")


def _decimal(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _shillings(cents: int) -> int | float:
    """Shillings as the JSON number Daraja sends; nothing is computed from it here."""
    return cents // 100 if cents % 100 == 0 else float(_decimal(cents))
