"""For observers, nothing else: sent after the commit, and unable to break it."""

from django.dispatch import Signal

#: transaction_id, from_status, to_status, at
status_changed = Signal()
#: provider, operation, outcome, seconds
provider_called = Signal()
#: what (a short code), transaction_id or None: something a person must look at
incident_opened = Signal()
