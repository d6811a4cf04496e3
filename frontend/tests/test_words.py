"""Figures, times and charts as people read them."""

from datetime import timedelta

import pytest

from frontend import chart, times
from frontend.templatetags import bridge
from frontend.tests.payments import NOON
from transactions.selectors import Hour

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (bridge.kes(4_182_300), f"KES{NBSP}4,182,300"),
        (bridge.cents(1_550), f"KES{NBSP}15.50"),
        (bridge.cents(2_500), f"KES{NBSP}25"),
        (bridge.cents(5), f"KES{NBSP}0.05"),
        (bridge.sats(14_211_001), f"14,212{NBSP}sats"),
        (bridge.msisdn("254712345678"), "2547•••678"),
        (bridge.msisdn(""), "•••"),
    ],
)
def test_amounts_and_numbers(shown, expected):
    assert shown == expected


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (-12, "12 s ago"),
        (-200, "3 min ago"),
        (-7_300, "2 h ago"),
        (-200_000, "2 days ago"),
        (40, "in 40 s"),
    ],
)
def test_instants_are_relative(seconds, words):
    assert times.ago(NOON + timedelta(seconds=seconds), now=NOON) == words


@pytest.mark.parametrize(("seconds", "words"), [(-9, "now"), (3, "now"), (30, "within a minute"), (360, "at 12:06")])
def test_what_is_going_to_happen_has_a_time(seconds, words):
    assert times.by(NOON + timedelta(seconds=seconds), now=NOON) == words


def test_an_instant_is_exact_for_machines_and_on_hover():
    shown = bridge.ago({"now": NOON}, NOON - timedelta(minutes=3))

    assert shown == '<time datetime="2026-11-20T08:57:00+00:00" title="20 Nov 2026, 11:57:00 EAT">3 min ago</time>'


def test_a_badge_is_a_dot_and_words():
    assert bridge.badge("payout_uncertain") == '<span class="badge alarm"><i class="dot"></i>Nobody knows yet</span>'


@pytest.mark.parametrize(
    ("value", "top"), [(0, 10), (9, 10), (11, 20), (99, 100), (41_000, 50_000), (100_001, 200_000)]
)
def test_an_axis_ends_with_a_round_number(value, top):
    assert chart.round_up(value) == top


def test_a_chart_has_a_place_for_every_hour_and_names_the_best():
    since = NOON - timedelta(hours=23)

    drawn = chart.hourly([Hour(NOON, 3, 900), Hour(NOON - timedelta(hours=5), 1, 450)], since=since)

    assert len(drawn.bars) == 24
    assert (drawn.total_kes, drawn.top, drawn.best.starts) == (1_350, 1_000, "12:00")
    assert (drawn.bars[-1].y, drawn.bars[-1].height) == (10.0, 90.0)
    assert drawn.bars[0].height == 0


def test_a_day_without_payouts_has_no_best_hour():
    assert chart.hourly([], since=NOON).best is None
