"""Send money to a phone: M-Pesa B2C."""

from collections.abc import Mapping

from transactions.errors import InvalidField
from transactions.phone import Msisdn
from transactions.transaction_types.base import TransactionType


class SendMoney(TransactionType):
    """Shillings to a person's M-Pesa."""

    name = "send_money"
    label = "Send money"
    payout_provider = "mpesa"

    def recipient(self, fields: Mapping[str, object]) -> Msisdn:
        """Read `phone`."""
        try:
            return Msisdn.parse(str(fields.get("phone") or ""))
        except ValueError:
            raise InvalidField(
                "recipient.phone", "Give a Kenyan mobile number, such as 0712 345 678 or +254 712 345 678."
            ) from None
