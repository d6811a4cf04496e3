"""What a kind of payment knows: whom it pays, and by which provider."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from transactions.phone import Msisdn


class TransactionType(ABC):
    """One kind of payment. Stateless."""

    name: ClassVar[str]
    label: ClassVar[str]
    payout_provider: ClassVar[str]

    @abstractmethod
    def recipient(self, fields: Mapping[str, object]) -> Msisdn:
        """Read whom to pay from the client's words. Raises InvalidField naming the field and the remedy."""
