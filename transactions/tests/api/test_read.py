"""Looking transactions up: one, its events, and pages of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from transactions.models import Transaction
from transactions.tests.api.conftest import TRANSACTIONS, Integrator
from transactions.tests.factories import TransactionFactory, at_status

pytestmark = pytest.mark.django_db
S = Transaction.Status


def test_a_completed_transaction_shows_its_invoice_and_its_receipt(integrator: Integrator) -> None:
    row = at_status(S.COMPLETED, client=integrator.client)

    answer = integrator.get(f"{TRANSACTIONS}/{row.id}").json()

    assert (answer["status"], answer["status_label"], answer["conclusive"]) == ("completed", "Completed", True)
    assert answer["invoice"]["state"] == "settled"
    assert answer["payout"] == {"provider": "mpesa", "receipt": row.attempts.get().receipt, "attempts": 1}
    assert answer["ended_at"].endswith("Z")


def test_an_attempt_without_a_result_shows_no_receipt(integrator: Integrator) -> None:
    row = at_status(S.PAYOUT_UNCERTAIN, client=integrator.client)

    answer = integrator.get(f"{TRANSACTIONS}/{row.id}").json()

    assert answer["payout"] == {"provider": "mpesa", "receipt": None, "attempts": 1}
    assert answer["conclusive"] is False


@pytest.mark.parametrize("status", S.values)
def test_only_an_ended_transaction_is_conclusive(integrator: Integrator, status: str) -> None:
    row = at_status(status, client=integrator.client)

    conclusive = integrator.get(f"{TRANSACTIONS}/{row.id}").json()["conclusive"]

    assert conclusive == (status in {"completed", "failed", "refunded", "expired", "cancelled"})


def test_an_invoice_that_is_not_confirmed_yet_is_not_shown(integrator: Integrator) -> None:
    row = at_status(S.AWAITING_PAYMENT, client=integrator.client)
    assert integrator.get(f"{TRANSACTIONS}/{row.id}").json()["invoice"]["bolt11"] == row.lightning_invoice.bolt11

    created = TransactionFactory(client=integrator.client)
    assert integrator.get(f"{TRANSACTIONS}/{created.id}").json()["invoice"] is None


def test_events_are_told_in_order_without_names_of_staff(integrator: Integrator) -> None:
    row = at_status(S.REFUNDED, client=integrator.client)
    created = integrator.pay().json()

    first = integrator.get(f"{TRANSACTIONS}/{created['id']}/events").json()["results"]
    moves = integrator.get(f"{TRANSACTIONS}/{row.id}/events").json()["results"]

    assert [event["to_status"] for event in moves] == ["created", "awaiting_payment", "paid", "refunding", "refunded"]
    assert [event["actor"] for event in first] == ["api client"]
    assert {event["actor"] for event in moves} == {"system"}
    assert moves[0]["from_status"] is None


def test_an_operator_is_not_named_to_an_integrator(integrator: Integrator) -> None:
    row = TransactionFactory(client=integrator.client)
    row.events.create(at=timezone.now(), to_status="created", reason="looked", actor="operator:alice")

    answer = integrator.get(f"{TRANSACTIONS}/{row.id}/events")

    assert answer.json()["results"][-1]["actor"] == "operator"
    assert "alice" not in answer.content.decode()


def walk(integrator: Integrator, **query: Any) -> list[list[str]]:
    """Follow `next` to the end; returns the ids of each page."""
    answer = integrator.get(**query).json()
    pages = [[row["id"] for row in answer["results"]]]
    while answer["next"]:
        answer = integrator.get(answer["next"].removeprefix("http://testserver")).json()
        pages.append([row["id"] for row in answer["results"]])
    return pages


def test_pages_come_newest_first_and_show_each_row_once(integrator: Integrator) -> None:
    now = timezone.now()
    # Two of an instant, so that the id has to decide.
    rows = [TransactionFactory(client=integrator.client, created_at=now - timedelta(seconds=n // 2)) for n in range(7)]
    TransactionFactory()

    pages = walk(integrator, limit=3)

    assert [len(page) for page in pages] == [3, 3, 1]
    newest_first = sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)
    assert [row_id for page in pages for row_id in page] == [str(row.id) for row in newest_first]


def test_a_row_that_comes_in_between_moves_no_page(integrator: Integrator) -> None:
    TransactionFactory.create_batch(4, client=integrator.client)
    first = integrator.get(limit=2).json()

    TransactionFactory(client=integrator.client)
    second = integrator.get(first["next"].removeprefix("http://testserver")).json()

    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}
    assert len(second["results"]) == 2


def test_a_full_last_page_has_no_next(integrator: Integrator) -> None:
    TransactionFactory.create_batch(2, client=integrator.client)

    assert integrator.get(limit=2).json()["next"] is None


def test_a_list_can_be_of_one_status_and_its_next_page_too(integrator: Integrator) -> None:
    paid = [at_status(S.PAID, client=integrator.client) for _ in range(3)]
    TransactionFactory.create_batch(2, client=integrator.client)

    pages = walk(integrator, status="paid", limit=2)

    assert [len(page) for page in pages] == [2, 1]
    assert {row_id for page in pages for row_id in page} == {str(row.id) for row in paid}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"cursor": "abc"}, "cursor"),
        ({"cursor": "WyJ4IiwieSJd:1abc:AAAA"}, "cursor"),
        ({"cursor": "x" * 400}, "cursor"),
        ({"cursor": ""}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"status": "payed"}, "status"),
        ({"statsu": "paid"}, "statsu"),
    ],
)
def test_a_wrong_parameter_is_named(integrator: Integrator, query: dict[str, str], name: str) -> None:
    answer = integrator.get(**query)

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid-parameter"
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [name]


@pytest.mark.parametrize("count", [1, 30])
def test_a_list_takes_three_queries_however_long_it_is(
    integrator: Integrator, django_assert_num_queries: Any, count: int
) -> None:
    for _ in range(count):
        at_status(S.COMPLETED, client=integrator.client)

    with django_assert_num_queries(3):
        assert len(integrator.get(limit=100).json()["results"]) == count


@pytest.mark.parametrize(("path", "count"), [("", 3), ("/events", 4)])
def test_one_transaction_takes_a_few_queries(
    integrator: Integrator, django_assert_num_queries: Any, path: str, count: int
) -> None:
    row = at_status(S.COMPLETED, client=integrator.client)

    with django_assert_num_queries(count):
        assert integrator.get(f"{TRANSACTIONS}/{row.id}{path}").status_code == 200
