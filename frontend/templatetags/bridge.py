"""Amounts, numbers, statuses and instants as every screen shows them. Units never wrap away from their figures."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from frontend import statuses, timeline, times
from transactions import phone, selectors
from transactions.money import CENTS_PER_KES, Msat

register = template.Library()

NBSP = "\N{NO-BREAK SPACE}"
_STEP_WORDS = {
    "todo": "next",
    "waiting": "waiting",
    "doing": "under way",
    "unknown": "not known yet",
    "done": "done",
    "returning": "going back",
    "back": "given back",
    "undone": "did not happen",
}


@register.filter
def thousands(number: int) -> str:
    """`1,500`: for columns whose heading has the unit."""
    return f"{number:,}"


@register.filter
def kes(amount_kes: int) -> str:
    """`KES 1,500`."""
    return f"KES{NBSP}{amount_kes:,}"


@register.filter
def cents(amount_cents: int) -> str:
    """`KES 15.50`, without the cents if there are none."""
    whole, rest = divmod(amount_cents, CENTS_PER_KES)
    return kes(whole) + (f".{rest:02}" if rest else "")


@register.filter
def whole_sats(amount_msat: int) -> str:
    """`14,212`: for columns whose heading has the unit."""
    return f"{Msat(amount_msat).sats_rounded_up:,}"


@register.filter
def sats(amount_msat: int) -> str:
    """`14,212 sats`."""
    return f"{whole_sats(amount_msat)}{NBSP}sats"


@register.filter
def msisdn(value: str) -> str:
    """`2547•••678`, never more."""
    return phone.mask(value)


@register.filter
def colour(status: str) -> str:
    """The token in which a status is shown."""
    return statuses.COLOURS[status]


@register.filter
def label(status: str) -> str:
    """The words for a status."""
    return selectors.status_label(status)


@register.filter
def step_words(state: str) -> str:
    """The state of a step of the bridge, for whoever does not see its colour."""
    return _STEP_WORDS[state]


@register.filter
def outcome_words(outcome: str) -> str:
    """What is known of an attempt."""
    return timeline.OUTCOMES[outcome]


@register.simple_tag
def badge(status: str) -> SafeString:
    """A dot and words: colour never speaks alone."""
    return format_html(
        '<span class="badge {}"><i class="dot"></i>{}</span>', statuses.COLOURS[status], selectors.status_label(status)
    )


@register.simple_tag(takes_context=True)
def ago(context: template.Context, at: datetime) -> SafeString:
    """How long since (or until) an instant; the instant itself on hover and for machines."""
    now = context.get("now") or timezone.now()
    return _time(at, times.ago(at, now=now))


@register.simple_tag
def clock(at: datetime) -> SafeString:
    """`14:06:02`, with the whole instant on hover."""
    return _time(at, at.astimezone(times.ZONE).strftime("%H:%M:%S"))


@register.simple_tag
def exact(at: datetime) -> SafeString:
    """`22 Nov 2026, 14:06 EAT`, with the seconds on hover."""
    return _time(at, times.date_and_clock(at))


def _time(at: datetime, words: str) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), times.exact(at), words)
