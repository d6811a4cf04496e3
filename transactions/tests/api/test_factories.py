"""The factories reach every status by moves the database allows."""

import pytest

from transactions.models import Transaction
from transactions.tests.factories import at_status


@pytest.mark.django_db
@pytest.mark.parametrize("status", Transaction.Status.values)
def test_a_transaction_can_be_led_to_every_status(status: str) -> None:
    row = at_status(status)

    assert row.status == status
    assert row.events.order_by("-id").first().to_status == status
