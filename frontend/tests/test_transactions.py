"""The list and one of its rows: found by any name, cut by key, and told from the beginning."""

import re
from datetime import timedelta

import pytest

from frontend import timeline
from frontend.tests import payments
from transactions import selectors


def _references(page: str) -> list[str]:
    return re.findall(r">(BP-\w{9})</a>", page)


def test_the_list_is_filtered_by_what_the_address_says(operator, now):
    uncertain = payments.make("payout_uncertain", at=now)
    payments.make("completed", at=now)

    assert _references(operator.get("/transactions/?status=payout_uncertain").content.decode()) == [uncertain.reference]
    assert _references(operator.get("/transactions/?status=attention").content.decode()) == [uncertain.reference]
    assert len(_references(operator.get("/transactions/?status=nonsense&day=soon&after=x").content.decode())) == 2


def test_the_list_is_filtered_by_the_day_as_nairobi_has_it(operator, db):
    late = payments.make("completed", at=payments.NOON + timedelta(hours=11, minutes=50))
    payments.make("completed", at=payments.NOON + timedelta(hours=12, minutes=10))

    assert _references(operator.get("/transactions/?day=2026-11-20").content.decode()) == [late.reference]


def test_pages_follow_each_other_without_a_gap_or_a_repeat(operator, now, monkeypatch):
    monkeypatch.setattr("frontend.pages.transactions.PAGE_SIZE", 3)
    rows = [payments.make("completed", at=now - timedelta(seconds=number // 2)) for number in range(8)]

    seen, address = [], "?status=completed"
    while address:
        page = operator.get(f"/transactions/{address}").content.decode()
        seen.append(_references(page))
        older = re.search(r'href="([^"]+)" rel="next"', page)
        address = older and older[1].replace("&amp;", "&")

    assert [len(part) for part in seen] == [3, 3, 2]
    assert {reference for part in seen for reference in part} == {row.reference for row in rows}


@pytest.mark.parametrize("name", ["id", "reference", "lower", "client_reference", "payment_hash", "receipt", "phone"])
def test_a_transaction_is_found_by_any_of_its_names(operator, now, name):
    row = payments.make("completed", at=now, client_reference="order 7", phone="254799000111")
    payments.make("completed", at=now)
    names = {
        "id": str(row.id),
        "reference": row.reference,
        "lower": f" {row.reference.lower()} ",
        "client_reference": "order 7",
        "payment_hash": selectors.find_invoice(row.id).payment_hash,
        "receipt": payments.receipt(row),
        "phone": "0799 000 111",
    }

    answer = operator.get("/transactions/", {"q": names[name]})

    assert answer.status_code == 302
    assert answer.url == f"/transactions/{row.id}/"


def test_a_search_that_fits_several_lists_them(operator, now):
    rows = [payments.make("completed", at=now) for _ in range(2)]

    page = operator.get("/transactions/", {"q": "0712345678"}).content.decode()

    assert set(_references(page)) == {row.reference for row in rows}


def test_a_search_that_fits_nothing_says_so_and_how_to_go_on(operator):
    page = operator.get("/transactions/", {"q": "no such thing"}).content.decode()

    assert "Nothing matches." in page
    assert 'href="/transactions/"' in page


def test_an_empty_list_says_where_the_first_row_comes_from(operator):
    assert "The first one comes from the payment form" in operator.get("/transactions/").content.decode()


def test_the_list_costs_the_same_reads_whatever_its_length(operator, now, django_assert_num_queries):
    payments.make("completed", at=now)
    with django_assert_num_queries(3):  # session, person, rows
        operator.get("/transactions/")
    for _ in range(5):
        payments.make("completed", at=now)
    with django_assert_num_queries(3):
        operator.get("/transactions/")


def test_a_transaction_costs_the_same_reads_whatever_happened(operator, now, django_assert_num_queries):
    for status in ("created", "completed", "under_review"):
        row = payments.make(status, at=now)
        # session, person, row with legs, attempts, moves, attempts in time, questions, messages
        with django_assert_num_queries(8):
            operator.get(f"/transactions/{row.id}/")


def test_the_timeline_merges_moves_attempts_questions_and_messages_in_time(db, now):
    completed = timeline.of(payments.make("completed", at=now).id)
    uncertain = timeline.of(payments.make("payout_uncertain", at=now).id)

    titles = [entry.title for entry in completed]
    assert [entry.at for entry in completed] == sorted(entry.at for entry in completed)
    assert titles.index("Sats held") < titles.index("Attempt 1 committed") < titles.index("Message from M-Pesa")
    assert titles[-1] == "Completed"
    assert "M-Pesa asked about attempt 1" in [entry.title for entry in uncertain]
    assert completed[1].gap == "+0.4 s"


def test_a_transaction_shows_both_legs_and_no_secret(operator, now):
    row = payments.make("completed", at=now)

    page = operator.get(f"/transactions/{row.id}/").content.decode()

    assert payments.receipt(row) in page
    assert selectors.find_invoice(row.id).payment_hash in page
    assert payments.PHONE not in page
    assert "not for screens" not in page


def test_what_happens_next_is_said_before_anybody_asks(operator, now):
    page = operator.get(f"/transactions/{payments.make('payout_deferred', at=now).id}/").content.decode()

    assert re.search(r"Trying again within a minute · sats go back at \d\d:\d\d otherwise", page)


@pytest.mark.parametrize(("status", "is_shown"), [("paid", True), ("payout_deferred", True), ("payout_pending", False)])
def test_by_when_to_pay_is_shown_until_an_attempt_is_out(operator, now, status, is_shown):
    page = operator.get(f"/transactions/{payments.make(status, at=now).id}/").content.decode()

    assert ("<dt>Pay by</dt>" in page) == is_shown


def test_an_unknown_transaction_is_not_found(operator):
    assert operator.get("/transactions/01900000-0000-7000-8000-000000000000/").status_code == 404
