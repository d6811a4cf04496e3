"""The domain: one payment from sats to shillings."""

from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    """Transactions, their money in and their money out."""

    name = "transactions"
