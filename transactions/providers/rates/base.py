"""The port for prices: what one bitcoin costs in shillings, from one source."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, final

from transactions.providers.base import measured


@dataclass(frozen=True, slots=True)
class RateReading:
    """A price as one source gave it, with the words it gave it in."""

    kes_per_btc: Decimal
    source: str
    inputs: dict[str, str] = field(default_factory=dict)


class RateSource(ABC):
    """Somebody who publishes the price of bitcoin."""

    name: ClassVar[str]

    @final
    def fetch(self) -> RateReading:
        """Read the price now. Raises NotSent, Rejected or Uncertain: keep the last snapshot until it is stale."""
        with measured(self.name, "rate"):
            return self._fetch()

    @abstractmethod
    def _fetch(self) -> RateReading: ...
