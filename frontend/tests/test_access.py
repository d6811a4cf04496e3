"""Who may look: staff. Everybody else is asked to sign in, or refused."""

import pytest
from django.contrib.auth.models import User

from frontend import pages
from frontend.tests import payments

ADDRESSES = ["/", "/transactions/", "/transactions/01900000-0000-7000-8000-000000000000/"]


def test_every_page_of_the_dashboard_is_tried_here():
    assert len(pages.ALL) == len(ADDRESSES)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_stranger_is_asked_to_sign_in(client, db, address):
    answer = client.get(address)

    assert (answer.status_code, answer.url) == (302, f"/login/?next={address}")


@pytest.mark.parametrize("address", ADDRESSES)
def test_somebody_who_is_not_staff_is_refused(client, db, address):
    client.force_login(User.objects.create_user("visitor"))

    answer = client.get(address)

    assert answer.status_code == 403
    assert "You may not look here" in answer.content.decode()
    assert 'action="/logout/"' in answer.content.decode()


def test_an_operator_signs_in_looks_and_signs_out(client, db):
    User.objects.create_user("operator", password="correct horse", is_staff=True)

    signed_in = client.post("/login/", {"username": "operator", "password": "correct horse", "next": "/transactions/"})
    assert signed_in.url == "/transactions/"
    assert client.get("/transactions/").status_code == 200

    assert client.get("/logout/").status_code == 405
    client.post("/logout/")
    assert client.get("/transactions/").status_code == 302


def test_a_wrong_password_is_said_without_saying_which_half_is_wrong(client, db):
    page = client.post("/login/", {"username": "nobody", "password": "x"}).content.decode()

    assert "do not fit together" in page
    assert 'value="nobody"' in page


def test_the_menu_shows_where_one_is_and_names_no_page_that_needs_an_argument(operator):
    page = operator.get("/transactions/").content.decode()

    assert page.count('aria-current="page"') == 1
    assert 'href="/transactions/" aria-current="page">Transactions</a>' in page
    assert ">Transaction</a>" not in page


def test_the_menu_marks_the_list_that_a_transaction_belongs_to(operator, now):
    page = operator.get(f"/transactions/{payments.make('paid', at=now).id}/").content.decode()

    assert 'href="/transactions/" aria-current="true">Transactions</a>' in page


def test_staff_who_are_lost_are_offered_the_overview(operator):
    assert ">Overview<" in operator.get("/no-such-page").content.decode()


def test_signed_in_pages_are_never_kept(operator):
    assert "no-store" in operator.get("/").headers["Cache-Control"]
