"""The answer that was given to a key, kept in the transaction that did the work."""

from django.db import models

from transactions.models.api_client import ApiClient


class IdempotencyRecord(models.Model):
    """One key of one client. `field_hashes` names what differs in a second body without keeping the first."""

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="idempotency_records")
    key = models.CharField(max_length=255)
    operation = models.CharField(max_length=100)
    field_hashes = models.JSONField()
    response_status = models.PositiveSmallIntegerField(null=True)
    response_location = models.CharField(max_length=200, blank=True)
    response_body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "idempotency_records"
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["expires_at"], name="idx_idempotency_expires")]
