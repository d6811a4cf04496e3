"""The checkout in every status: what the payer is told, and what they must never see."""

import re
from datetime import timedelta

import pytest
from django.conf import settings

from frontend.public import qr
from frontend.tests import payments
from transactions import selectors


def _page(client, row):
    return client.get(f"/pay/{row.id}").content.decode()


@pytest.mark.parametrize("status", payments.STATUSES)
def test_every_status_has_its_words_and_hides_the_number(client, db, now, status):
    row = payments.make(status, at=now)

    page = _page(client, row)

    assert selectors.status_label(status) in page
    assert "2547•••678" in page
    assert payments.PHONE not in page
    assert "0712345678" not in page


@pytest.mark.parametrize("status", payments.STATUSES)
def test_only_an_invoice_that_can_be_paid_is_shown(client, db, now, status):
    page = _page(client, payments.make(status, at=now))

    assert ("lightning:lnbc" in page) == (status == "awaiting_payment")


def test_an_invoice_past_its_time_is_not_shown_though_the_node_has_not_spoken(client, db, now):
    page = _page(client, payments.make("awaiting_payment", at=now - timedelta(minutes=3)))

    assert "lightning:lnbc" not in page
    assert "do not pay this invoice now" in page


def test_what_nobody_knows_says_what_happens_next_and_by_when(client, db, now):
    row = payments.make("payout_uncertain", at=now)

    page = _page(client, row)

    assert "Asking M-Pesa again within a minute · sats stay held" in page
    assert "nobody knows yet whether the shillings arrived" in page


def test_a_completed_payment_is_a_receipt(client, db, now):
    row = payments.make("completed", at=now)

    page = _page(client, row)

    assert payments.receipt(row) in page
    assert row.reference in page
    assert "data-print" in page
    assert "EAT" in page


def test_a_refund_says_why(client, db, now):
    assert "The shillings could not be paid to this number." in _page(client, payments.make("refunded", at=now))


def _steps(page):
    return re.findall(r'<li class="\w+">([^<]+)<small>([^<]+)</small>', page)


@pytest.mark.parametrize(
    ("status", "sats", "shillings"),
    [
        ("awaiting_payment", "waiting", "next"),
        ("payout_deferred", "done", "waiting"),
        ("payout_pending", "done", "under way"),
        ("payout_uncertain", "done", "not known yet"),
        ("payout_failed", "going back", "did not happen"),
        ("refunding", "going back", "did not happen"),
        ("refunded", "given back", "did not happen"),
    ],
)
def test_a_step_says_no_more_than_is_so(client, db, now, status, sats, shillings):
    page = _page(client, payments.make(status, at=now))

    assert _steps(page) == [("Sats received", sats), ("Shillings sent", shillings)]


def test_sats_on_their_way_back_are_spoken_of_once(client, db, now):
    page = _page(client, payments.make("payout_failed", at=now))

    assert "The sats are going back" in page
    assert "on their way back" not in page


def test_a_payment_that_waits_blames_nobody(client, db, now):
    page = _page(client, payments.make("payout_deferred", at=now))

    assert "Your sats are held. The shillings cannot be sent right now." in page
    assert "Trying again within a minute" in page


def test_an_expired_payment_offers_a_new_one_of_the_same_amount(client, db, now):
    assert 'href="/send?amount_kes=2500"' in _page(client, payments.make("expired", at=now))


def test_a_page_without_scripts_is_loaded_again_until_the_payment_ends(client, db, now):
    refresh = '<noscript><meta http-equiv="refresh"'
    assert refresh in _page(client, payments.make("paid", at=now))
    assert refresh not in _page(client, payments.make("completed", at=now))


def test_the_version_changes_with_the_status_and_not_with_the_clock(client, db, now):
    row = payments.make("awaiting_payment", at=now)

    def version():
        return re.search(r'data-version="(\w+)"', client.get(f"/pay/{row.id}?part").content.decode())[1]

    before, same = version(), version()
    payments.go_on(row, "paid", at=now)

    assert before == same != version()


def test_an_unknown_payment_is_a_page_that_says_so(client, db):
    answer = client.get("/pay/01900000-0000-7000-8000-000000000000")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
    assert 'href="/send"' in answer.content.decode()
    assert ">Overview<" not in answer.content.decode()


def test_nobody_keeps_a_copy_of_a_checkout(client, db, now):
    answer = client.get(f"/pay/{payments.make('paid', at=now).id}")

    assert "no-store" in answer.headers["Cache-Control"]


def test_the_checkout_weighs_at_most_30_kilobytes_without_its_code(client, db, now):
    page = _page(client, payments.make("awaiting_payment", at=now))
    page = page.replace(qr.svg(payments.BOLT11), "")
    static = settings.BASE_DIR / "frontend" / "static"
    files = re.findall(r'(?:src|href)="/static/([^"]+)"', page)

    weight = len(page.encode()) + sum((static / name).stat().st_size for name in set(files))

    assert "frontend/checkout.js" in files
    assert weight <= 30_000


@pytest.mark.parametrize("name", ["checkout.js", "dashboard.js", "live.js", "send.js"])
def test_a_script_weighs_at_most_3_kilobytes(name):
    assert (settings.BASE_DIR / "frontend/static/frontend" / name).stat().st_size <= 3_000


def test_a_checkout_costs_few_reads(client, db, now, django_assert_max_num_queries):
    row = payments.make("refunded", at=now)
    with django_assert_max_num_queries(3):
        client.get(f"/pay/{row.id}")


def test_the_code_is_upper_case_so_that_it_is_small():
    drawn = qr.svg(payments.BOLT11)

    assert "style=" not in drawn
    assert "viewBox" in drawn
