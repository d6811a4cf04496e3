"""The switch with which an operator stops new money: no quotes, no submits. It never stops what is under way."""

from django.db import models

from transactions.models.ids import new_id


class KillSwitch(models.Model):
    """One time the switch was thrown; at most one is on."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reason = models.CharField(max_length=200)
    engaged_by = models.CharField(max_length=60)
    engaged_at = models.DateTimeField()
    released_by = models.CharField(max_length=60, blank=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "kill_switches"
        verbose_name_plural = "kill switches"
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(released_at__isnull=True), name="kill_switch_one_engaged"
            ),
        ]
