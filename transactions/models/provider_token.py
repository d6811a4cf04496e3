"""The access token a provider gave us: one for all processes, since a new one may kill the old."""

from django.db import models


class ProviderToken(models.Model):
    """A token, encrypted, and the lease under which one process renews it."""

    provider = models.CharField(max_length=20, primary_key=True)
    value_encrypted = models.BinaryField(default=bytes)
    #: when it is to be replaced: a while before the provider ends it
    expires_at = models.DateTimeField(null=True)
    renewing_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "provider_tokens"
