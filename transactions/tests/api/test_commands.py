"""Operators' commands for keys and for the kill switch."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from transactions import selectors
from transactions.models import ApiClient, ApiKey
from transactions.tests.api.conftest import Integrator

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_a_made_key_is_printed_once_and_works_until_it_is_revoked() -> None:
    text = run("make_api_key", "Shop")
    shop = Integrator(ApiClient.objects.get(name="Shop"), text)
    assert shop.get().status_code == 200

    assert "is revoked" in run("revoke_api_key", text[:16])
    assert shop.get().json()["code"] == "api-key-revoked"


def test_a_second_key_is_for_the_same_client_and_may_be_for_some_days() -> None:
    run("make_api_key", "Shop")
    run("make_api_key", "Shop", "--days", "90")

    older, newer = ApiKey.objects.order_by("created_at")
    assert older.client == newer.client
    assert older.expires_at is None
    assert (newer.expires_at - newer.created_at).days == 90


@pytest.mark.parametrize("prefix", ["", "bp_test_", "bp_test_00000000"])
def test_a_key_that_is_not_named_in_full_is_not_revoked(prefix: str) -> None:
    run("make_api_key", "Shop")

    with pytest.raises(CommandError, match="No key begins with"):
        run("revoke_api_key", prefix)

    assert ApiKey.objects.get().revoked_at is None


def test_the_kill_switch_is_engaged_with_a_reason_and_released() -> None:
    assert "released" in run("kill_switch")

    assert "float is empty" in run("kill_switch", "engage", "--reason", "float is empty", "--by", "alice")
    assert selectors.find_kill_switch().engaged_by == "operator:alice"
    with pytest.raises(CommandError, match="already"):
        run("kill_switch", "engage", "--reason", "again")

    assert "released" in run("kill_switch", "release")
    assert selectors.find_kill_switch() is None
    with pytest.raises(CommandError, match="already"):
        run("kill_switch", "release")
