"""Statuses as screens need them: colours, groups, and which are ends. Their words come from the domain."""

from transactions import selectors

#: the tokens of `tokens.css`: which side of the bridge a status stands on
COLOURS = {
    "created": "sats",
    "awaiting_payment": "sats",
    "paid": "sats",
    "payout_submitting": "move",
    "payout_deferred": "move",
    "payout_pending": "move",
    "payout_uncertain": "alarm",
    "settling": "move",
    "completed": "kes",
    "payout_failed": "back",
    "refunding": "back",
    "refunded": "back",
    "expired": "rest",
    "cancelled": "rest",
    "failed": "rest",
    "under_review": "alarm",
}

#: sats are held, shillings are not there yet, and nobody is worried
IN_MOTION = ("paid", "payout_submitting", "payout_deferred", "payout_pending", "settling", "payout_failed", "refunding")
UNCERTAIN = ("payout_uncertain",)
REVIEWED = ("under_review",)
ENDED = frozenset({"completed", "failed", "refunded", "expired", "cancelled"})

#: filters that stand for several statuses: name in the URL → words and statuses
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "in_motion": ("In motion", IN_MOTION),
    "attention": ("Needs attention", UNCERTAIN + REVIEWED),
}


def meant_by(name: str) -> tuple[str, ...]:
    """The statuses a filter stands for; none, meaning all, if there is no such filter."""
    if name in GROUPS:
        return GROUPS[name][1]
    return (name,) if name in COLOURS else ()


def choices() -> list[tuple[str, str]]:
    """What a filter offers: groups first, then every status in the order of a payment's life."""
    return [(name, label) for name, (label, _) in GROUPS.items()] + selectors.list_statuses()
