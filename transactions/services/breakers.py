"""The breakers in front of the payout providers, for whoever watches them."""

from transactions.providers import registry


def states() -> dict[str, str]:
    """Return the state of each payout provider's breaker: closed, open or half-open."""
    return {name: registry.breaker(name).state for name in registry.payout_names()}
