"""The admin shows rows and moves none: no secret is in it, no number is whole, and a key can be ended."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from transactions import vault
from transactions.models import (
    ApiClient,
    ApiKey,
    IdempotencyRecord,
    KillSwitch,
    ProviderMessage,
    ProviderToken,
    Quote,
    RateSnapshot,
    Refund,
    StatusQuery,
    Transaction,
)
from transactions.tests import factories

MODELS = list(apps.get_app_config("transactions").get_models())
#: what the admin may never send, by any page
NEVER_SHOWN = ("254712345678", "msg-credential", "token-credential", "preimage", "stored-answer")


@pytest.fixture
def rows(db):
    """At least one row of every model."""
    now = timezone.now()
    recipient = factories.RecipientFactory.create(msisdn="254712345678")
    row = factories.at_status("completed", recipient=recipient)
    attempt = row.attempts.get()
    StatusQuery.objects.create(attempt=attempt, url_hash="a" * 64, asked_at=now)
    ProviderMessage.objects.create(provider="mpesa", attempt=attempt, body=b"msg-credential", received_at=now)
    ProviderToken.objects.create(provider="mpesa", value_encrypted=b"token-credential")
    KillSwitch.objects.create(reason="drill", engaged_by="operator", engaged_at=now)
    Refund.objects.create(transaction=factories.at_status("refunded"), amount_msat=1_000, created_at=now)
    key = factories.ApiKeyFactory.create(client=row.client)
    IdempotencyRecord.objects.create(
        client=row.client,
        key="k1",
        operation="create",
        field_hashes={},
        response_body=b"stored-answer",
        created_at=now,
        expires_at=now,
    )
    return {"transaction": row, "key": key}


def _address(model, page, *arguments):
    return reverse(f"admin:transactions_{model._meta.model_name}_{page}", args=arguments)


def test_every_model_is_registered():
    assert all(admin.site.is_registered(model) for model in MODELS)


@pytest.mark.parametrize("model", MODELS)
def test_every_row_can_be_looked_at_and_none_shows_a_secret(admin_client, rows, model):
    row = model.objects.first()

    pages = [admin_client.get(_address(model, "changelist")), admin_client.get(_address(model, "change", row.pk))]

    assert [page.status_code for page in pages] == [200, 200]
    shown = "".join(page.content.decode() for page in pages)
    secrets = [*NEVER_SHOWN, *ApiKey.objects.values_list("secret_hash", flat=True)]
    assert [secret for secret in secrets if secret in shown] == []


@pytest.mark.parametrize("model", [model for model in MODELS if model is not ApiClient])
def test_nothing_is_added_changed_or_deleted(admin_client, rows, model):
    row = model.objects.first()
    before = list(model.objects.order_by("pk").values())

    answers = [
        admin_client.post(_address(model, "add"), {}),
        admin_client.post(_address(model, "change", row.pk), {"status": "refunded", "amount_kes": 1}),
        admin_client.post(_address(model, "delete", row.pk), {"post": "yes"}),
        admin_client.post(_address(model, "changelist"), {"action": "delete_selected", "_selected_action": [row.pk]}),
    ]

    assert [answer.status_code for answer in answers[:3]] == [403, 403, 403]
    assert list(model.objects.order_by("pk").values()) == before


def test_a_client_is_renamed_and_stopped_but_neither_added_nor_deleted(admin_client, rows):
    client = rows["transaction"].client

    admin_client.post(_address(ApiClient, "change", client.pk), {"name": "Renamed"})

    client.refresh_from_db()
    assert (client.name, client.is_active) == ("Renamed", False)
    assert admin_client.get(_address(ApiClient, "add")).status_code == 403
    assert admin_client.post(_address(ApiClient, "delete", client.pk), {"post": "yes"}).status_code == 403


def test_a_key_is_revoked_once_and_that_is_recorded(admin_client, admin_user, rows):
    revoke = {"action": "revoke", "_selected_action": [rows["key"].pk]}

    admin_client.post(_address(ApiKey, "changelist"), revoke)
    first = ApiKey.objects.get(pk=rows["key"].pk).revoked_at
    admin_client.post(_address(ApiKey, "changelist"), revoke)

    assert first is not None
    assert ApiKey.objects.get(pk=rows["key"].pk).revoked_at == first
    assert admin_user.logentry_set.count() == 1


def test_somebody_who_may_only_look_at_keys_cannot_end_them(client, rows):
    support = User.objects.create_user("support", is_staff=True)
    support.user_permissions.add(Permission.objects.get(codename="view_apikey"))
    client.force_login(support)

    client.post(_address(ApiKey, "changelist"), {"action": "revoke", "_selected_action": [rows["key"].pk]})

    assert ApiKey.objects.get(pk=rows["key"].pk).revoked_at is None


@pytest.mark.parametrize("model", MODELS)
def test_a_list_costs_the_same_reads_whatever_its_length(admin_client, rows, model):
    few = _reads(admin_client, model)
    for _ in range(3):
        row = factories.at_status("completed")
        factories.ApiKeyFactory.create(client=row.client)
        StatusQuery.objects.create(
            attempt=row.attempts.get(), url_hash=vault.digest(row.reference), asked_at=row.created_at
        )

    # A filter by client reads the clients once, however many there are.
    assert _reads(admin_client, model) == few


def _reads(admin_client, model):
    with CaptureQueriesContext(connection) as reads:
        admin_client.get(_address(model, "changelist"))
    return len(reads)


def test_a_transaction_is_found_by_its_reference(admin_client, rows):
    page = admin_client.get(_address(Transaction, "changelist"), {"q": rows["transaction"].reference})

    assert [row.pk for row in page.context["cl"].result_list] == [rows["transaction"].pk]


def test_money_and_instants_are_written_as_people_read_them(admin_client, rows):
    at = datetime(2026, 11, 20, 9, 0, 5, tzinfo=UTC)
    snapshot = RateSnapshot.objects.create(kes_per_btc=Decimal(12_480_000), source="coinbase", fetched_at=at)
    quote = Quote.objects.create(
        snapshot=snapshot,
        amount_kes=12_500,
        fee_cents=12_550,
        spread_cents=18_750,
        amount_msat=102_665_000,
        created_at=at,
        expires_at=at,
    )

    listed = admin_client.get(_address(Quote, "changelist")).content.decode()
    shown = admin_client.get(_address(Quote, "change", quote.pk)).content.decode()
    price = admin_client.get(_address(RateSnapshot, "change", snapshot.pk)).content.decode()

    for page in (listed, shown):
        assert all(text in page for text in ("12,500", "125.50", "102,665,000", "20 Nov 2026, 12:00:05 EAT"))
        assert all(heading in page for heading in ("Amount, KES", "Fee, KES", "Amount, msat"))
    assert "KES per BTC" in price
    assert "12,480,000" in price


def test_an_instant_that_has_not_come_is_a_dash(admin_client, rows):
    page = admin_client.get(_address(ApiKey, "change", rows["key"].pk)).content.decode()

    assert page.count('<div class="readonly">-</div>') == 2
