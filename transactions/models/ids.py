"""Keys made here, not in the database: in the order of their making, so that indexes grow at one end."""

from uuid import UUID

from uuid_utils import compat

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REFERENCE_LENGTH = 9


def new_id() -> UUID:
    """Return a fresh UUIDv7."""
    return compat.uuid7()


def reference_of(transaction_id: UUID) -> str:
    """Return the name people use for a transaction: `BP-` and nine letters, from the random end of its id."""
    bits = transaction_id.int
    letters = []
    for _ in range(_REFERENCE_LENGTH):
        letters.append(_CROCKFORD[bits & 31])
        bits >>= 5
    return "BP-" + "".join(letters)
