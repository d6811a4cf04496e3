"""Anticipated errors, each with a stable code. `api/errors.py` says how each is sent."""

from typing import Any, ClassVar


class BridgeError(Exception):
    """Something a caller can be told about, in words that are safe to show."""

    code: ClassVar[str] = "error"
    message: ClassVar[str] = "Something went wrong."

    def __init__(self, message: str | None = None, **context: Any) -> None:
        super().__init__(message or self.message)
        self.context = context


class InvalidField(BridgeError):
    """A field is wrong. Raised by types and services; names the field and the remedy."""

    code = "invalid-field"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, field=field)
        self.field = field


class TransactionNotFound(BridgeError):
    """No such transaction, or not yours."""

    code = "transaction-not-found"
    message = "There is no such transaction."


class RateUnavailable(BridgeError):
    """No fresh price: no quote. Try again shortly."""

    code = "rate-unavailable"
    message = "There is no fresh price at the moment. Try again in a few seconds."


class QuotingStopped(BridgeError):
    """An operator stopped new payments."""

    code = "payments-stopped"
    message = "New payments are stopped for maintenance. Try again later."


class ClientReferenceTaken(BridgeError):
    """Another transaction of this client has this reference."""

    code = "client-reference-taken"
    message = "Another transaction has this client_reference. Use a new one, or look the first one up."


class IdempotencyKeyMissing(BridgeError):
    """A POST that creates came without a key."""

    code = "idempotency-key-missing"
    message = "Send an Idempotency-Key header: any text of 1 to 255 characters, new for each payment."


class IdempotencyKeyReused(BridgeError):
    """The key was used for another body."""

    code = "idempotency-key-reused"

    def __init__(self, fields: list[str]) -> None:
        super().__init__(
            f"This Idempotency-Key was used with another request; what differs: {', '.join(fields)}. Use a new key.",
            fields=fields,
        )


class IdempotencyKeyBusy(BridgeError):
    """The first request with this key is still at work."""

    code = "idempotency-key-busy"
    message = "The first request with this Idempotency-Key is still at work. Repeat the request in a second."


class IllegalMove(BridgeError):
    """The lifecycle has no such move. A defect, or somebody else was faster: read again."""

    code = "illegal-move"

    def __init__(self, from_status: str, to_status: str) -> None:
        super().__init__(f"no such move: {from_status} -> {to_status}")


class KillSwitchUnchanged(BridgeError):
    """The switch is already as asked."""

    code = "kill-switch-unchanged"
    message = "The kill switch is already in this position."
