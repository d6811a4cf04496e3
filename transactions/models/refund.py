"""Sats given back by a payment of ours. A held payment needs none: it is cancelled."""

from django.db import models

from transactions.models.ids import new_id
from transactions.models.transaction import Transaction


class Refund(models.Model):
    """One refund. The database refuses it beside an attempt that may have paid."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="refunds")
    amount_msat = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "refunds"
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_msat__gt=0), name="refund_amount_positive"),
        ]
