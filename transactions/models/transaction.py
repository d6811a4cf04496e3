"""A payment from sats to shillings, and the events of its life."""

from django.db import models

from transactions.models.api_client import ApiClient
from transactions.models.ids import new_id
from transactions.models.quote import Quote
from transactions.models.recipient import Recipient


class Transaction(models.Model):
    """One payment. `status` is written by `lifecycle.advance` alone; a trigger refuses every other move."""

    class Status(models.TextChoices):
        """Stored as sent on the API; the labels are the words people see everywhere."""

        CREATED = "created", "Making the invoice"
        AWAITING_PAYMENT = "awaiting_payment", "Waiting for sats"
        PAID = "paid", "Sats held"
        PAYOUT_SUBMITTING = "payout_submitting", "Paying out"
        PAYOUT_DEFERRED = "payout_deferred", "Waiting to pay out"
        PAYOUT_PENDING = "payout_pending", "Waiting for M-Pesa"
        PAYOUT_UNCERTAIN = "payout_uncertain", "Nobody knows yet"
        SETTLING = "settling", "Taking the sats"
        COMPLETED = "completed", "Completed"
        PAYOUT_FAILED = "payout_failed", "Payout failed"
        REFUNDING = "refunding", "Refunding"
        REFUNDED = "refunded", "Refunded"
        EXPIRED = "expired", "Expired"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"
        UNDER_REVIEW = "under_review", "Under review"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=16, unique=True)
    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="transactions")
    client_reference = models.CharField(max_length=100, null=True, blank=True)
    type = models.CharField(max_length=20)
    status = models.CharField(max_length=20, choices=Status, default=Status.CREATED)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="transactions")
    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="transaction")
    amount_kes = models.BigIntegerField()
    amount_msat = models.BigIntegerField()
    created_at = models.DateTimeField()
    #: when somebody has to look at it next; null once nothing is left to do
    look_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    #: no payout is submitted from here on: the payer is not left waiting for a provider that is down
    pay_by_at = models.DateTimeField(null=True)
    #: somebody wants the invoice cancelled: no attempt may be made any more
    cancel_intended_at = models.DateTimeField(null=True)
    #: the deadline act: the sats are taken before the payout is decided, and owed until it is
    settled_early_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "transactions"
        ordering = ()
        constraints = [
            models.UniqueConstraint(fields=["client", "client_reference"], name="transaction_client_reference_once"),
            models.CheckConstraint(
                condition=models.Q(amount_kes__gt=0, amount_msat__gt=0), name="transaction_amounts_positive"
            ),
        ]
        indexes = [
            models.Index(
                fields=["look_at"], condition=models.Q(look_at__isnull=False), name="idx_transactions_look_at"
            ),
            models.Index(fields=["client", "-created_at", "-id"], name="idx_transactions_client_newest"),
            models.Index(fields=["-created_at", "-id"], name="idx_transactions_newest"),
        ]

    def __str__(self) -> str:
        return self.reference


class TransactionEvent(models.Model):
    """A move, written with it and never changed. No personal data."""

    id = models.BigAutoField(primary_key=True)
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    from_status = models.CharField(max_length=20, blank=True)
    to_status = models.CharField(max_length=20)
    #: a short code of why; `frontend` and the API have the words for it
    reason = models.CharField(max_length=60)
    actor = models.CharField(max_length=60)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "transaction_events"
        indexes = [models.Index(fields=["transaction", "id"], name="idx_events_transaction")]

    def __str__(self) -> str:
        return f"{self.from_status or '∅'} → {self.to_status}"
