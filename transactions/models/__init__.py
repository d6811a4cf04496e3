"""Thin tables, one file per noun. What must never happen is refused by their constraints and triggers."""

from transactions.models.api_client import ApiClient, ApiKey
from transactions.models.idempotency_record import IdempotencyRecord
from transactions.models.kill_switch import KillSwitch
from transactions.models.lightning_invoice import LightningInvoice
from transactions.models.payout_attempt import PayoutAttempt, StatusQuery
from transactions.models.provider_message import ProviderMessage
from transactions.models.provider_token import ProviderToken
from transactions.models.quote import Quote, RateSnapshot
from transactions.models.recipient import Recipient
from transactions.models.refund import Refund
from transactions.models.transaction import Transaction, TransactionEvent

__all__ = [
    "ApiClient",
    "ApiKey",
    "IdempotencyRecord",
    "KillSwitch",
    "LightningInvoice",
    "PayoutAttempt",
    "ProviderMessage",
    "ProviderToken",
    "Quote",
    "RateSnapshot",
    "Recipient",
    "Refund",
    "StatusQuery",
    "Transaction",
    "TransactionEvent",
]
