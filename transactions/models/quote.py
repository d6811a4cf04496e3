"""The price of bitcoin as it was read, and the price of one payment made from it."""

from django.db import models

from transactions.models.ids import new_id


class RateSnapshot(models.Model):
    """What one bitcoin cost in shillings at an instant, and every input that says so."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kes_per_btc = models.DecimalField(max_digits=20, decimal_places=4)
    source = models.CharField(max_length=40)
    inputs = models.JSONField(default=dict)
    fetched_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "rate_snapshots"
        constraints = [
            models.CheckConstraint(condition=models.Q(kes_per_btc__gt=0), name="rate_snapshot_positive"),
        ]


class Quote(models.Model):
    """A price, locked: whole shillings to be paid out, the all-in sats for them, and how it was made."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    snapshot = models.ForeignKey(RateSnapshot, on_delete=models.PROTECT, related_name="quotes")
    amount_kes = models.BigIntegerField()
    fee_cents = models.BigIntegerField()
    spread_cents = models.BigIntegerField()
    #: everything above, in whole sats, rounded up
    amount_msat = models.BigIntegerField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "quotes"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_kes__gt=0, amount_msat__gt=0, fee_cents__gte=0, spread_cents__gte=0),
                name="quote_amounts_positive",
            ),
        ]
