"""One access token per provider for all processes, in PostgreSQL: it must work while Redis is away.

Whoever renews holds a lease instead of a lock, so that no database transaction is open during the call.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

from django.db.models import Q

from transactions import vault
from transactions.models import ProviderToken
from transactions.providers.base import NotSent
from transactions.providers.payout.mpesa.tokens import FetchedToken

#: longer than the longest fetch, so that two never overlap
LEASE = timedelta(seconds=60)
#: how long to wait for another process before saying that there is no token
WAIT_SECONDS = 15.0
POLL_SECONDS = 0.05


class StoredTokens:
    """The token store of one provider; a new token may have killed the one before it."""

    def __init__(self, provider: str) -> None:
        self.provider = provider

    def current(self, fetch: Callable[[], FetchedToken]) -> str:
        """Return the shared token, fetching one if there is none or it is about to run out."""
        return self._valid() or self._renew(fetch, stale="")

    def renew(self, stale: str, fetch: Callable[[], FetchedToken]) -> str:
        """Replace a token that was refused, unless somebody has replaced it already."""
        token = self._valid()
        return token if token and token != stale else self._renew(fetch, stale=stale)

    def _valid(self) -> str:
        row = ProviderToken.objects.filter(provider=self.provider, expires_at__gt=datetime.now(UTC)).first()
        return vault.unseal(row.value_encrypted).decode() if row else ""

    def _renew(self, fetch: Callable[[], FetchedToken], *, stale: str) -> str:
        give_up_at = monotonic() + WAIT_SECONDS
        while not (lease := self._take_lease()):
            sleep(POLL_SECONDS)
            token = self._valid()
            if token and token != stale:
                return token
            if monotonic() > give_up_at:
                raise NotSent(f"no token for {self.provider}: another process is renewing it", code="token")
        token = self._valid()
        if token and token != stale:
            self._return(lease)
            return token
        try:
            fetched = fetch()
        except BaseException:
            self._return(lease)
            raise
        self._return(
            lease,
            value_encrypted=vault.seal(fetched.value.encode()),
            expires_at=datetime.now(UTC) + timedelta(seconds=fetched.use_for_seconds),
        )
        return fetched.value

    def _take_lease(self) -> datetime | None:
        """Return until when this process alone may renew; None while another one does."""
        ProviderToken.objects.bulk_create([ProviderToken(provider=self.provider)], ignore_conflicts=True)
        now = datetime.now(UTC)
        free = Q(renewing_until__isnull=True) | Q(renewing_until__lt=now)
        taken = ProviderToken.objects.filter(free, provider=self.provider).update(renewing_until=now + LEASE)
        return now + LEASE if taken else None

    def _return(self, lease: datetime, **values: object) -> None:
        """Give the lease back, with what was fetched under it, unless it has passed to another process meanwhile."""
        mine = ProviderToken.objects.filter(provider=self.provider, renewing_until=lease)
        mine.update(renewing_until=None, **values)
