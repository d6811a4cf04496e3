"""The one home of personal data. Events, attempts and logs refer to this row and never hold what is in it."""

from django.db import models

from transactions.models.ids import new_id


class Recipient(models.Model):
    """A person who is paid. Retention empties the row; what refers to it stays."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    msisdn = models.CharField(max_length=12, blank=True)
    name = models.CharField(max_length=100, blank=True)
    #: keyed hash of the MSISDN, to look it up without reading it; null once erased
    msisdn_hash = models.CharField(max_length=64, unique=True, null=True)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "recipients"

    def __str__(self) -> str:
        return f"recipient {self.id}"
