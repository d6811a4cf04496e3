"""The invoice a payer pays, and what the node last said of it."""

from django.db import models

from transactions.models.transaction import Transaction


class LightningInvoice(models.Model):
    """One hold invoice. Its preimage is stored, encrypted, before the node hears of the hash."""

    class State(models.TextChoices):
        """Our last reading of the node; `asked` until it has confirmed that the invoice exists."""

        ASKED = "asked"
        OPEN = "open"
        HELD = "held"
        SETTLED = "settled"
        CANCELLED = "cancelled"

    transaction = models.OneToOneField(
        Transaction, on_delete=models.PROTECT, primary_key=True, related_name="lightning_invoice"
    )
    provider = models.CharField(max_length=20)
    node_identity = models.CharField(max_length=80)
    payment_hash = models.CharField(max_length=64, unique=True)
    preimage_encrypted = models.BinaryField()
    amount_msat = models.BigIntegerField()
    expires_at = models.DateTimeField()
    bolt11 = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    received_msat = models.BigIntegerField(default=0)
    held_at = models.DateTimeField(null=True)
    expiry_height = models.IntegerField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lightning_invoices"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_msat__gt=0, received_msat__gte=0), name="invoice_amounts_positive"
            ),
        ]
