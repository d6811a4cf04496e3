"""Daraja's codes, and what each proves about the money.

A code that is not listed proves nothing: the payment is asked about. Sources: `daraja/<page>` is a page of Safaricom's
Daraja 3.0 documentation (https://developer.safaricom.co.ke/apis/<page>, as of December 2025).
"""

from dataclasses import dataclass

from transactions.providers.payout.base import Verdict


@dataclass(frozen=True, slots=True)
class Refusal:
    """A synchronous error that proves that nothing was queued, if it comes with its HTTP status and its words."""

    meaning: str
    statuses: frozenset[int]
    source: str
    #: words the message must contain, where Daraja gives one code two meanings
    words: str = ""
    #: token, spike arrest and quota: the gateway refused, and the same order may be taken later
    is_gateway_and_curable: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What a ResultCode claims. `is_curable`: the cause is ours (float, credential, account), not the recipient's."""

    meaning: str
    verdict: Verdict
    source: str
    is_curable: bool = False
    is_credential_refused: bool = False


_BAD, _UNAUTHORISED, _MISSING = frozenset({400}), frozenset({401}), frozenset({404})
_RATE = frozenset({429, 500})  # documented as 500; 429 counts too, but only with the documented code and words
_TOKEN = _BAD | _UNAUTHORISED | _MISSING


def _token(source: str) -> Refusal:
    return Refusal("invalid access token", _TOKEN, source, is_gateway_and_curable=True)


#: The same refusal has a code per API.
INVALID_TOKEN = {
    "401.002.01": _token("daraja/AccountBalance"),
    "404.001.03": _token("daraja/Reversal, daraja/MpesaExpressSimulate"),
    "400.003.01": _token("daraja/TransactionStatus"),
    "401.003.01": _token("github.com/ronnyabuto/daraja-error-codes"),
}

#: Deliberately absent, because they may come after the payment was queued: 500.002.1001 (one code for "Duplicate
#: OriginatorConversationID", which says that an earlier send arrived, and for "System internal error":
#: daraja/BusinessToCustomer, github.com/gathuku/laravel_mpesa thread 21), 500.001.1001 and 500.003.1001 (internal).
REFUSALS = {
    **INVALID_TOKEN,
    "400.002.02": Refusal("invalid field", _BAD, "daraja/AccountBalance, daraja/BusinessToCustomer"),
    "400.002.05": Refusal("invalid payload", _BAD, "daraja/TransactionStatus"),
    "400.003.02": Refusal("bad request", _BAD, "daraja/TransactionStatus"),
    "404.001.01": Refusal("resource not found", _MISSING, "daraja/Reversal"),
    "404.002.01": Refusal("resource not found", _MISSING, "daraja/AccountBalance"),
    "404.003.01": Refusal("resource not found", _MISSING, "daraja/TransactionStatus"),
    "404.001.04": Refusal("invalid authentication header", _MISSING, "daraja/TransactionStatus"),
    "405.001": Refusal("method not allowed", frozenset({405}), "daraja/AccountBalance"),
    # The same code also says "System is busy" (daraja/MpesaExpressSimulate), which does not name who was busy.
    "500.003.02": Refusal(
        "spike arrest", _RATE, "daraja/AccountBalance", words="spike arrest", is_gateway_and_curable=True
    ),
    "500.003.03": Refusal("quota violation", _RATE, "daraja/AccountBalance", is_gateway_and_curable=True),
}


def find_refusal(*, status: int, code: str, message: str) -> Refusal | None:
    """Return what this synchronous error proves, or None if it does not prove that nothing was queued."""
    refusal = REFUSALS.get(code)
    if refusal and status in refusal.statuses and refusal.words in message.casefold():
        return refusal
    return None


_B2C, _BALANCE = "daraja/BusinessToCustomer", "daraja/AccountBalance"
_FAILED, _UNDECIDED = Verdict.FAILED, Verdict.UNDECIDED

RESULTS = {
    "0": Result("success", Verdict.SUCCEEDED, _B2C),
    "1": Result("insufficient balance of the utility account", _FAILED, _B2C, is_curable=True),
    "2": Result("below the minimum of a transaction", _FAILED, _B2C),
    "3": Result("above the maximum of a transaction", _FAILED, _B2C),
    "4": Result("would exceed the recipient's daily limit", _FAILED, _B2C),
    "8": Result("would exceed the recipient's maximum balance", _FAILED, _B2C),
    "11": Result("our account is not active", _FAILED, _B2C, is_curable=True),
    "15": Result("duplicate reference: an earlier send arrived", _UNDECIDED, _BALANCE),
    "17": Result("internal failure", _UNDECIDED, _BALANCE),
    "18": Result("initiator credential check failed", _FAILED, _BALANCE, is_curable=True, is_credential_refused=True),
    "20": Result("initiator not resolved", _FAILED, _BALANCE, is_curable=True),
    "21": Result("initiator lacks the role", _FAILED, _B2C, is_curable=True),
    "22": Result("initiator inactive or without permission", _FAILED, _BALANCE, is_curable=True),
    "24": Result("missing parameter", _FAILED, _BALANCE),
    "25": Result("invalid parameter", _FAILED, _BALANCE),
    "26": Result("traffic blocked: system busy", _FAILED, _BALANCE, is_curable=True),
    "29": Result("invalid command", _FAILED, _BALANCE),
    "2001": Result("initiator information is invalid", _FAILED, _B2C, is_curable=True, is_credential_refused=True),
    "2006": Result("our account's status does not allow it", _FAILED, _B2C, is_curable=True),
    "2028": Result("not permitted by product assignment", _FAILED, _B2C, is_curable=True),
    "2040": Result("recipient is not registered", _FAILED, _B2C),
    "8006": Result("initiator credential is locked", _FAILED, _B2C, is_curable=True, is_credential_refused=True),
    "SFC_IC0003": Result("recipient is not on M-Pesa", _FAILED, _B2C),
    # queue, overload and throttle: the request may still be waiting somewhere
    **{str(code): Result("overloaded", _UNDECIDED, _BALANCE) for code in range(100_000_000, 100_000_012)},
}
_UNLISTED = Result("unlisted code", _UNDECIDED, "")


def result_of(code: str) -> Result:
    """Return what a ResultCode claims; an unlisted one decides nothing."""
    return RESULTS.get(code, _UNLISTED)
