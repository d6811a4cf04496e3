"""What a provider posted to us, byte for byte less its credentials: kept first, applied afterwards."""

from django.db import models

from transactions.models.ids import new_id
from transactions.models.payout_attempt import PayoutAttempt, StatusQuery


class ProviderMessage(models.Model):
    """One message from outside. It names a person only in `body`, which expires."""

    class Effect(models.TextChoices):
        """What became of it."""

        WAITING = "waiting"  #: kept, not yet applied
        APPLIED = "applied"  #: it moved something
        NOTED = "noted"  #: a repeat, or a claim that decides nothing by itself
        CONTRADICTION = "contradiction"  #: it says the opposite of what is recorded: a person must look
        STRANGER = "stranger"  #: its URL is bound to nothing of ours: evidence only
        UNREADABLE = "unreadable"  #: no message of this provider

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider = models.CharField(max_length=20)
    attempt = models.ForeignKey(PayoutAttempt, on_delete=models.PROTECT, null=True, related_name="messages")
    query = models.ForeignKey(StatusQuery, on_delete=models.PROTECT, null=True, related_name="messages")
    body = models.BinaryField()
    remote_address = models.GenericIPAddressField(null=True)
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    effect = models.CharField(max_length=15, choices=Effect, default=Effect.WAITING)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "provider_messages"
        indexes = [
            models.Index(fields=["received_at"], condition=models.Q(effect="waiting"), name="idx_messages_waiting"),
        ]
