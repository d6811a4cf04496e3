"""Attempts to pay out, and the questions asked about them."""

from django.db import models
from django.db.models import Q

from transactions.models.ids import new_id
from transactions.models.transaction import Transaction


class PayoutAttempt(models.Model):
    """One order to a payout provider, committed before it is sent.

    It *may have paid* while its outcome is open or succeeded; the database allows one such attempt per transaction.
    """

    class Outcome(models.TextChoices):
        """Decided once, by evidence."""

        OPEN = "open"  #: nobody knows, or not yet
        SUCCEEDED = "succeeded"  #: paid, with a receipt
        FAILED = "failed"  #: certainly not paid, found out later
        REJECTED = "rejected"  #: certainly refused, at once
        NOT_SENT = "not_sent"  #: certainly never left

    #: what may have paid: guards, index and triggers use this, never a list of statuses
    MAY_HAVE_PAID = Q(outcome__in=[Outcome.OPEN, Outcome.SUCCEEDED])

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    provider = models.CharField(max_length=20)
    reference = models.CharField(max_length=40, unique=True)
    amount_kes = models.BigIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.OPEN)
    #: why it went as it did: the provider's code, as last heard
    code = models.CharField(max_length=40, blank=True)
    #: a refusal by the gateway: ask once about this attempt before the next one is sent
    is_gateway_refusal = models.BooleanField(default=False)
    #: the provider says the refusal is of a kind we can cure
    is_curable = models.BooleanField(default=False)
    #: SHA-256 of the secret in this attempt's result and timeout URLs
    url_hash = models.CharField(max_length=64, unique=True)
    send_before = models.DateTimeField()
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=60, blank=True)
    receipt = models.CharField(max_length=30, null=True)
    charge_cents = models.BigIntegerField(null=True)
    #: a success is confirmed by a query afterwards
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "payout_attempts"
        constraints = [
            models.UniqueConstraint(fields=["transaction", "number"], name="payout_attempt_number_once"),
            models.UniqueConstraint(
                fields=["transaction"],
                condition=~Q(outcome__in=["not_sent", "rejected", "failed"]),
                name="payout_attempt_one_may_have_paid",
            ),
            models.UniqueConstraint(fields=["provider", "receipt"], name="payout_attempt_receipt_once"),
            models.CheckConstraint(condition=Q(amount_kes__gt=0), name="payout_attempt_amount_positive"),
            models.CheckConstraint(
                condition=~Q(outcome="succeeded") | Q(receipt__isnull=False), name="payout_attempt_success_has_receipt"
            ),
        ]
        indexes = [
            models.Index(
                fields=["decided_at"],
                condition=Q(outcome="succeeded", confirmed_at__isnull=True),
                name="idx_attempts_unconfirmed",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class StatusQuery(models.Model):
    """One question about an attempt. Its answer comes as a message to a URL of its own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    attempt = models.ForeignKey(PayoutAttempt, on_delete=models.PROTECT, related_name="queries")
    url_hash = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField()
    #: the provider's name for the question; empty while it is not known to have arrived
    provider_id = models.CharField(max_length=60, blank=True)
    answered_at = models.DateTimeField(null=True)
    #: what the answer came to, or why it could not be asked
    answer = models.CharField(max_length=40, blank=True)

    #: answers by which an attempt that was refused may be followed by another
    LETS_GO = ("not_known", "failed")

    class Meta:
        db_table = "status_queries"
        verbose_name_plural = "status queries"
        indexes = [models.Index(fields=["attempt", "-asked_at"], name="idx_queries_attempt")]
