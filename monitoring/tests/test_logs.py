"""One masked JSON line from whatever logs, and one line about each request."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from django.contrib.auth import get_user_model
from django.test import Client
from structlog.contextvars import bound_contextvars, get_contextvars

from monitoring.tests.conftest import run_python

PHONE, KEY, HEX = "254712345678", "bp_live_Zx81aa9", "ab" * 24
Records = Callable[[], list[dict[str, Any]]]


def _fail() -> None:
    raise ValueError(f"no payout to {PHONE} for {KEY}")


def _log_with_structlog() -> None:
    try:
        _fail()
    except ValueError:
        structlog.get_logger("ours").exception("step_failed", phone=PHONE, key=KEY)


def _log_with_the_standard_library() -> None:
    try:
        _fail()
    except ValueError:
        logging.getLogger("theirs").exception("failed for %s with %s", PHONE, KEY)


@pytest.mark.parametrize("log_it", [_log_with_structlog, _log_with_the_standard_library])
def test_an_exception_with_a_phone_and_a_key_in_it_shows_neither(
    log_it: Callable[[], None], logged: Callable[[], str]
) -> None:
    log_it()

    assert "ValueError: no payout to 2547•••678 for bp_live_•••" in logged()
    assert PHONE not in logged()
    assert KEY not in logged()


def test_a_record_says_when_who_and_how_bad(records: Records) -> None:
    with bound_contextvars(request_id="r-1"):
        structlog.get_logger("ours").warning("rate_unread", source="coinbase")

    (record,) = records()
    assert record.pop("timestamp").endswith("Z")
    assert record == {
        "event": "rate_unread",
        "source": "coinbase",
        "level": "warning",
        "logger": "ours",
        "request_id": "r-1",
    }


def test_the_standard_librarys_records_carry_the_request_too(records: Records) -> None:
    with bound_contextvars(request_id="r-1"):
        logging.getLogger("theirs").warning("hello %s", "you")

    assert (records()[0]["event"], records()[0]["request_id"]) == ("hello you", "r-1")


def test_a_process_writes_masked_json_on_standard_error() -> None:
    _, errors = run_python(f"import structlog; structlog.get_logger('x').info('sent', to={PHONE})", {})

    assert json.loads(errors)["to"] == "2547•••678"


def test_servers_and_frameworks_keep_no_handlers_of_their_own() -> None:
    names = ["django", "django.server", "gunicorn.error", "uvicorn.error"]

    assert [name for name in names if logging.getLogger(name).handlers or not logging.getLogger(name).propagate] == []


def test_a_callers_request_id_is_kept_sent_back_and_logged(client: Client, records: Records) -> None:
    response = client.get("/health/live", headers={"X-Request-Id": "checkout-1234.a_b"})

    assert response["X-Request-Id"] == "checkout-1234.a_b"
    assert records()[0]["request_id"] == "checkout-1234.a_b"


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "with space in it", "line\nbreak-1234", "<script>alert(1)", "ünïcode-1234"]
)
def test_an_odd_request_id_is_replaced(client: Client, given: str) -> None:
    response = client.get("/health/live", headers={"X-Request-Id": given})

    assert len(response["X-Request-Id"]) == 32
    assert response["X-Request-Id"].isalnum()


def test_each_request_is_one_line_with_route_status_and_milliseconds(client: Client, records: Records) -> None:
    client.get("/health/live")

    (line,) = [record for record in records() if record["event"] == "request"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "health/live", 200)
    assert line["milliseconds"] >= 0


def test_a_callbacks_secret_is_in_no_log(client: Client, logged: Callable[[], str]) -> None:
    client.get(f"/hooks/r/{HEX}/")
    client.get(f"/hooks/r/{HEX}/elsewhere")

    assert '"status": 405' in logged()
    assert '"status": 404' in logged()
    assert HEX not in logged()


def test_nothing_stays_bound_after_a_request(client: Client) -> None:
    client.get("/health/live")

    assert get_contextvars() == {}


def _actor(client: Client, records: Records, path: str) -> str | None:
    client.get(path)
    (actor,) = {record.get("actor") for record in records() if record["event"] == "request"}
    return actor


def test_a_visitor_is_a_payer(client: Client, records: Records) -> None:
    assert _actor(client, records, "/admin/login/") == "payer"


@pytest.mark.django_db
def test_staff_are_named_by_their_id(client: Client, records: Records) -> None:
    user = get_user_model().objects.create_user("amina", is_staff=True)
    client.force_login(user)

    assert _actor(client, records, "/admin/login/") == f"staff:{user.pk}"


@pytest.mark.django_db
def test_machines_say_themselves_who_they_are(client: Client, records: Records) -> None:
    assert _actor(client, records, "/health/ready") is None
