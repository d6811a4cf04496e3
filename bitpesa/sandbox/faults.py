"""The fault plan: what goes wrong next, at which operation, how often.

Integrators reach the same faults without the admin port, through magic phone numbers: the last three digits of PartyB,
for numbers that start with 254700000.

| PartyB       | what happens                                                                         |
|--------------|--------------------------------------------------------------------------------------|
| 254700000001 | accepted, then the connection is reset instead of an answer; paid, with a message    |
| 254700000002 | paid, and no message ever comes                                                      |
| 254700000003 | declined with 2040: the recipient is not registered                                  |
| 254700000004 | declined with 1: the float is insufficient                                           |
| 254700000005 | answered "System internal error.", and yet accepted and paid                         |
| 254700000006 | queue time-out first; processed 30 s later, with its message                         |
| 254700000007 | the message comes twice                                                              |
| 254700000008 | the message comes 30 s late                                                          |
| 254700000009 | spike arrest, at every other request for this number; nothing is done                |
| 254700000010 | the message comes before the answer                                                  |
| 254700000011 | queue time-out, and never paid                                                       |
| 254700000012 | declined with 8: the recipient's balance would be too high                           |
| 254700000013 | the message names one shilling more than was paid                                    |
| 254700000014 | a forged success message at a wrong address, before the real one                     |
"""

import json
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import NamedTuple

#: at a request, whatever the operation
REQUEST_FAULTS = frozenset(
    {
        "cut_request",  # nothing done, connection reset
        "lose_reply",  # done, connection reset
        "hang",  # done, answered after `argument` real seconds
        "hang_before",  # nothing done, connection reset after `argument` real seconds
        "internal_error",  # nothing done, answered as an internal error
        "internal_error_but_done",  # done, answered as an internal error
        "http_500",
        "html_503",
        "soap_500",
        "spike_arrest",
        "quota",
        "rate_429",
        "token_killed",  # the token presented is no longer valid
    }
)
#: at the message about a payment
RESULT_FAULTS = frozenset(
    {
        "early",
        "late",
        "twice",
        "never",
        "queue_timeout",
        "queue_timeout_only",
        "decline",
        "forged_success",
        "forged_failure",
        "wrong_amount",
    }
)
#: at the answer to a status or balance query
ANSWER_FAULTS = frozenset(
    {"never", "not_found", "status", "late", "twice", "error", "names_other", "debit_party_twice"}
)
REQUESTS = (
    *("token", "b2c", "status_query", "balance", "rates", "lnd_create", "lnd_lookup", "lnd_settle", "lnd_cancel"),
    *("lnd_pending", "lnd_info", "lnd_subscribe", "lnd_balance"),
)
#: faults whose argument is a number of seconds
TIMED_FAULTS = frozenset({"hang", "hang_before", "late", "queue_timeout"})
#: which faults there are, by operation
OPERATIONS = {
    **dict.fromkeys(REQUESTS, REQUEST_FAULTS),
    "b2c_result": RESULT_FAULTS,
    "query_answer": ANSWER_FAULTS,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong; the empty name is "nothing"."""

    name: str = ""
    argument: str | float | None = None

    def seconds(self, otherwise: float) -> float:
        return otherwise if self.argument is None else float(self.argument)

    def text(self, otherwise: str) -> str:
        return otherwise if self.argument is None else str(self.argument)

    def dump(self) -> str:
        return json.dumps([self.name, self.argument])

    @classmethod
    def load(cls, text: str) -> "Fault":
        return cls(*json.loads(text))


NO_FAULT = Fault()


class MagicNumber(NamedTuple):
    operation: str
    fault: Fault
    every_other: bool = False


#: by the last three digits of PartyB
MAGIC = {
    "001": MagicNumber("b2c", Fault("lose_reply")),
    "002": MagicNumber("b2c_result", Fault("never")),
    "003": MagicNumber("b2c_result", Fault("decline", "2040")),
    "004": MagicNumber("b2c_result", Fault("decline", "1")),
    "005": MagicNumber("b2c", Fault("internal_error_but_done")),
    "006": MagicNumber("b2c_result", Fault("queue_timeout", 30)),
    "007": MagicNumber("b2c_result", Fault("twice")),
    "008": MagicNumber("b2c_result", Fault("late", 30)),
    "009": MagicNumber("b2c", Fault("spike_arrest"), every_other=True),
    "010": MagicNumber("b2c_result", Fault("early")),
    "011": MagicNumber("b2c_result", Fault("queue_timeout_only")),
    "012": MagicNumber("b2c_result", Fault("decline", "8")),
    "013": MagicNumber("b2c_result", Fault("wrong_amount")),
    "014": MagicNumber("b2c_result", Fault("forged_success")),
}
MAGIC_PREFIX = "254700000"


class FaultPlan:
    """Faults waiting for their operation. What is planned goes before what a magic number asks for."""

    def __init__(self) -> None:
        self._planned: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._spared: set[str] = set()

    def plan(self, operation: str, fault: Fault, times: int) -> None:
        """Raises ValueError for an operation, a fault or an argument that makes no sense."""
        if fault.name not in OPERATIONS.get(operation, ()):
            raise ValueError(f"no fault {fault.name!r} at operation {operation!r}")
        if not 1 <= times <= 10_000:
            raise ValueError("times must be 1 to 10,000")
        if fault.name in TIMED_FAULTS and not 0 <= fault.seconds(0) <= 10_000_000:
            raise ValueError("the argument must be a number of seconds")
        self._planned[operation].extend([fault] * times)

    def take(self, operation: str, msisdn: str = "") -> Fault:
        """Take the next fault of this operation, for this number; NO_FAULT if all is well."""
        planned = self._planned[operation]
        return planned.popleft() if planned else self._magic(operation, msisdn)

    def planned(self) -> dict[str, list[str]]:
        return {operation: [fault.name for fault in faults] for operation, faults in self._planned.items() if faults}

    def clear(self) -> None:
        self._planned.clear()
        self._spared.clear()

    def _magic(self, operation: str, msisdn: str) -> Fault:
        number = MAGIC.get(msisdn.removeprefix(MAGIC_PREFIX))
        if number is None or number.operation != operation:
            return NO_FAULT
        if number.every_other and msisdn in self._spared:
            self._spared.discard(msisdn)
            return NO_FAULT
        if number.every_other:
            self._spared.add(msisdn)
        return number.fault
