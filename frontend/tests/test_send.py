"""The public form: what is typed is kept, what is wrong is named, and a double click makes one payment."""

from uuid import uuid4

import pytest

from frontend.tests import payments
from transactions import selectors


def _typed(**fields):
    return {"phone": "0712 345 678", "amount_kes": "2,500", "key": str(uuid4()), **fields}


@pytest.fixture
def price(db, now):
    return payments.price(now)


def test_a_payment_is_made_and_its_checkout_opened(client, price):
    answer = client.post("/send", _typed())

    row = selectors.list_transactions().get()
    assert answer.status_code == 302
    assert answer.url == f"/pay/{row.id}"
    assert (row.amount_kes, row.recipient.msisdn, row.client.name) == (2_500, "254712345678", "Public form")


def test_a_double_click_makes_one_payment(client, price):
    typed = _typed()

    first, second = client.post("/send", typed), client.post("/send", typed)

    assert first.url == second.url
    assert selectors.list_transactions().count() == 1


def test_a_payment_changed_after_it_was_sent_is_offered_as_a_new_one(client, price):
    typed = _typed()
    client.post("/send", typed)

    answer = client.post("/send", {**typed, "amount_kes": "900"})
    again = client.post("/send", {**typed, "amount_kes": "900", "key": answer.context["form"]["key"].value()})

    assert answer.status_code == 409
    assert "Send it again to make a new one." in answer.content.decode()
    assert again.status_code == 302
    assert selectors.list_transactions().count() == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"phone": "0512 345 678"}, "Give a Kenyan mobile number, such as"),
        ({"phone": ""}, "Whose phone?"),
        ({"amount_kes": "3"}, "Give whole shillings from 10 to 250,000."),
        ({"amount_kes": "12.50"}, "Give whole shillings from 10 to 250,000."),
        ({"amount_kes": "９９"}, "Give whole shillings from 10 to 250,000."),
        ({"amount_kes": ""}, "How much?"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy_and_what_was_typed_is_kept(client, price, fields, words):
    typed = _typed(**fields)

    answer = client.post("/send", typed)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert f'value="{typed["phone"]}"' in page
    assert f'value="{typed["amount_kes"]}"' in page
    assert selectors.list_transactions().count() == 0


def test_without_a_fresh_price_nothing_is_made_and_nothing_typed_is_lost(client, db):
    answer = client.post("/send", _typed())

    assert answer.status_code == 503
    assert "There is no fresh price at the moment." in answer.content.decode()
    assert 'value="2,500"' in answer.content.decode()


def test_while_payments_are_stopped_the_form_says_so_and_its_button_does_nothing(client, price, now):
    payments.stop(now)

    assert "New payments are stopped for maintenance." in client.get("/send").content.decode()
    assert client.post("/send", _typed()).status_code == 503
    assert '<button type="submit" class="primary" disabled>' in client.get("/send").content.decode()


def test_the_price_is_all_in_and_the_same_as_the_quote(client, price):
    shown = client.get("/send/price", {"amount_kes": "2,500"}).content.decode()
    client.post("/send", _typed())

    row = selectors.list_transactions().get()
    assert f"{row.amount_msat // 1_000:,}\N{NO-BREAK SPACE}sats" in shown
    assert "fee KES\N{NO-BREAK SPACE}25" in shown
    assert "rate margin KES\N{NO-BREAK SPACE}37.50" in shown


def test_the_price_says_why_there_is_none(client, db):
    assert "no fresh price" in client.get("/send/price", {"amount_kes": "2500"}).content.decode()
    assert "from 10 to 250,000" in client.get("/send/price", {"amount_kes": "2"}).content.decode()
    assert "Give an amount" in client.get("/send/price", {"amount_kes": "all"}).content.decode()


def test_without_scripts_a_button_shows_the_price_and_makes_nothing(client, price):
    page = client.post("/send", _typed(price="show")).content.decode()

    assert "20,533\N{NO-BREAK SPACE}sats" in page
    assert 'value="0712 345 678"' in page
    assert selectors.list_transactions().count() == 0
