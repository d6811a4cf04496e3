"""JSON from outside: bounded, no float, and no member lost when a name comes twice."""

import json
from collections.abc import Iterable
from decimal import Decimal

from transactions.providers.payout.base import UnreadableMessage

MAX_BYTES = 64 * 1024


class Members:
    """The members of a JSON object, in order, repeated names kept."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[str, object]]) -> None:
        self._pairs = tuple(pairs)

    def all(self, *names: str) -> list[object]:
        """Return every value under these names."""
        return [value for name, value in self._pairs if name in names]

    def one(self, *names: str) -> object:
        """Return the value under these names; None if there is none, or if there are two that differ."""
        values = self.all(*names)
        if not values or any(not _is_same(values[0], other) for other in values[1:]):
            return None
        return values[0]


def _is_same(first: object, second: object) -> bool:
    """Compare scalars of one type; anything else differs (containers may be too deep to compare)."""
    return type(first) is type(second) and isinstance(first, str | int | Decimal) and first == second


def load(body: bytes) -> Members:
    """Read a JSON object. Raises UnreadableMessage for anything else."""
    if len(body) > MAX_BYTES:
        raise UnreadableMessage("too long")
    loaded, reason = None, "not a JSON object"
    try:
        loaded = json.loads(
            body.decode("utf-8"), object_pairs_hook=Members, parse_float=Decimal, parse_constant=_refuse_constant
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        reason = f"not JSON: {type(error).__name__}"
    # Raised out here so that it does not carry the parser's exception, which holds the whole document.
    if not isinstance(loaded, Members):
        raise UnreadableMessage(reason)
    return loaded


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
