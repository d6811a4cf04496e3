"""Every kind of payment: a file each, and a line here."""

from transactions.errors import InvalidField
from transactions.transaction_types.base import TransactionType
from transactions.transaction_types.send_money import SendMoney

ALL: dict[str, TransactionType] = {kind.name: kind for kind in (SendMoney(),)}


def get(name: str) -> TransactionType:
    """Return a type by its name. Raises InvalidField."""
    try:
        return ALL[name]
    except KeyError:
        raise InvalidField("type", f"Use one of: {', '.join(ALL)}.") from None
