"""Messages from outside: kept whatever they are, applied only if they came to a URL of ours and say what fits."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from transactions import vault
from transactions.models import ProviderMessage, Transaction
from transactions.services import inbox
from transactions.tests.factories import at_status
from transactions.tests.rows import retie

pytestmark = pytest.mark.django_db

SAMPLES = Path(__file__).parents[2] / "providers" / "payout" / "mpesa" / "samples"
SECRET = "ab" * 24
STRANGER = "cd" * 24


@pytest.fixture
def pending() -> Transaction:
    """A payment that waits for M-Pesa, whose result URL carries SECRET."""
    row = at_status("payout_pending")
    retie(row, vault.digest(SECRET))
    return row


def _result(row: Transaction, *, code: int = 0, amount: int | None = None, receipt: str = "SG632NMUAB") -> bytes:
    attempt = row.attempts.get()
    parameters: dict[str, Any] = {
        "TransactionAmount": row.amount_kes if amount is None else amount,
        "TransactionReceipt": receipt,
        "ReceiverPartyPublicName": f"{row.recipient.msisdn} - Jane Doe",
        "TransactionCompletedDateTime": timezone.now().strftime("%d.%m.%Y %H:%M:%S"),
    }
    result: dict[str, Any] = {
        "ResultType": 0,
        "ResultCode": code,
        "ResultDesc": "as it says",
        "OriginatorConversationID": attempt.reference,
        "ConversationID": "AG_1",
        "TransactionID": receipt,
    }
    if code == 0:
        result["ResultParameters"] = {
            "ResultParameter": [{"Key": key, "Value": value} for key, value in parameters.items()]
        }
    return json.dumps({"Result": result}).encode()


def _post(body: bytes, *, secret: str = SECRET, kind: str = "r") -> int:
    return Client().post(f"/hooks/{kind}/{secret}/", body, content_type="application/json").status_code


def _apply_all() -> None:
    inbox.process_waiting(at=timezone.now() + timedelta(minutes=1))


def _status(row: Transaction) -> str:
    return Transaction.objects.get(id=row.id).status


def test_a_success_at_its_own_url_moves_on_to_taking_the_sats(pending: Transaction) -> None:
    assert _post(_result(pending)) == 200
    _apply_all()

    assert _status(pending) == "settling"
    assert pending.attempts.get().receipt == "SG632NMUAB"


def test_the_same_message_at_a_strangers_url_is_kept_and_moves_nothing(pending: Transaction) -> None:
    assert _post(_result(pending), secret=STRANGER) == 200
    _apply_all()

    assert _status(pending) == "payout_pending"
    assert ProviderMessage.objects.get().effect == "stranger"


def test_a_repeat_changes_nothing_though_its_bytes_differ(pending: Transaction) -> None:
    first = _result(pending)
    for body in (first, first, first.replace(b"as it says", b"once more")):
        _post(body)
    _apply_all()

    assert _status(pending) == "settling"
    assert [message.effect for message in ProviderMessage.objects.order_by("received_at")] == [
        "applied",
        "noted",
        "noted",
    ]


def test_a_failure_message_alone_decides_nothing(pending: Transaction) -> None:
    _post(_result(pending, code=2040))
    _apply_all()

    assert _status(pending) == "payout_uncertain"
    assert pending.attempts.get().outcome == "open"


def test_a_success_of_another_amount_is_for_people(pending: Transaction) -> None:
    _post(_result(pending, amount=pending.amount_kes + 1))
    _apply_all()

    assert _status(pending) == "under_review"
    assert pending.attempts.get().outcome == "open"


def test_a_second_receipt_never_stops_the_taking_of_the_sats(pending: Transaction) -> None:
    _post(_result(pending))
    _post(_result(pending, receipt="SG632NMUAC"))
    _apply_all()

    assert _status(pending) == "settling"
    assert ProviderMessage.objects.filter(effect="contradiction").count() == 1


def test_a_success_after_a_definite_failure_is_for_people(pending: Transaction) -> None:
    pending.attempts.update(outcome="failed", decided_at=timezone.now())
    Transaction.objects.filter(id=pending.id).update(status="payout_failed")

    _post(_result(pending))
    _apply_all()

    assert _status(pending) == "under_review"


def test_a_receipt_of_another_payment_is_not_believed(pending: Transaction) -> None:
    other = at_status("completed")
    receipt = other.attempts.get().receipt
    assert receipt

    _post(_result(pending, receipt=receipt))
    _apply_all()

    assert _status(pending) == "under_review"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"Result": 7}', b"\xff\xfe", b"[" * 50_000])
def test_what_cannot_be_read_is_kept_as_evidence(pending: Transaction, body: bytes) -> None:
    assert _post(body) == 200
    _apply_all()

    assert _status(pending) == "payout_pending"
    assert ProviderMessage.objects.get().effect == "unreadable"


def test_a_body_larger_than_any_message_is_refused() -> None:
    assert _post(b"x" * 70_000) == 413
    assert not ProviderMessage.objects.exists()


def test_a_queue_timeout_is_kept_without_the_credential_it_quotes(pending: Transaction) -> None:
    body = (SAMPLES / "queue_timeout.json").read_bytes()
    credential = json.loads(body)["SecurityCredential"]

    _post(body, kind="t")
    _apply_all()

    kept = bytes(ProviderMessage.objects.get().body)
    assert credential.encode() not in kept
    assert _status(pending) == "payout_uncertain"


@pytest.mark.parametrize("path", ["/hooks/r/short/", "/hooks/r/" + "zz" * 24 + "/", "/hooks/x/" + SECRET + "/"])
def test_other_addresses_do_not_exist(path: str) -> None:
    assert Client().post(path, b"{}", content_type="application/json").status_code == 404


def test_only_posts_are_messages() -> None:
    assert Client().get(f"/hooks/r/{SECRET}/").status_code == 405
