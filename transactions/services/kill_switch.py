"""The kill switch: stops quotes and submits; never stops query, settle or cancel."""

from datetime import datetime

import structlog
from django.db import IntegrityError, transaction

from transactions.errors import KillSwitchUnchanged
from transactions.models import KillSwitch

log = structlog.get_logger(__name__)


def engage(*, reason: str, by: str, at: datetime) -> KillSwitch:
    """Stop new money. Raises KillSwitchUnchanged if it is stopped already."""
    try:
        with transaction.atomic():
            switch = KillSwitch.objects.create(reason=reason, engaged_by=by, engaged_at=at)
    except IntegrityError:
        raise KillSwitchUnchanged from None
    log.warning("kill_switch_engaged", by=by, reason=reason)
    return switch


def engage_once(*, reason: str, by: str, at: datetime) -> None:
    """Stop new money, unless it is stopped already."""
    try:
        engage(reason=reason, by=by, at=at)
    except KillSwitchUnchanged:
        log.info("kill_switch_already_engaged", reason=reason)


def release(*, by: str, at: datetime) -> None:
    """Let new money flow again. Raises KillSwitchUnchanged if it does already."""
    engaged = KillSwitch.objects.filter(released_at__isnull=True)
    if not engaged.update(released_by=by, released_at=at):
        raise KillSwitchUnchanged
    log.warning("kill_switch_released", by=by)
