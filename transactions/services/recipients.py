"""People who are paid: remembered once, found by a keyed hash."""

from datetime import datetime

from transactions import vault
from transactions.models import Recipient
from transactions.phone import Msisdn


def remember(msisdn: Msisdn, *, at: datetime) -> Recipient:
    """Return the recipient with this number, making the row if there is none. Safe beside others doing the same."""
    recipient, _ = Recipient.objects.get_or_create(
        msisdn_hash=vault.keyed_hash(msisdn.value), defaults={"msisdn": msisdn.value, "created_at": at}
    )
    return recipient
