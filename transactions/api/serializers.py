"""What clients may send. Every fault of a request is told at once."""

from typing import Any

from rest_framework import serializers

from transactions import transaction_types
from transactions.api.errors import InvalidParameter
from transactions.api.fields import ShillingsField, StrictSerializer, TextField
from transactions.errors import InvalidField
from transactions.models import Transaction

TYPES = list(transaction_types.ALL)


class RecipientSerializer(StrictSerializer):
    """Whom to pay."""

    phone = TextField(help_text="A Kenyan mobile number: 0712345678, +254712345678 or 254712345678.")


class PaymentSerializer(StrictSerializer):
    """What is asked for with `POST /api/v1/transactions`."""

    type = serializers.ChoiceField(TYPES, error_messages={"invalid_choice": f"Use one of: {', '.join(TYPES)}."})
    amount_kes = ShillingsField(help_text="What is to arrive: whole Kenyan shillings.")
    recipient = RecipientSerializer()
    client_reference = TextField(
        required=False,
        allow_null=True,
        default=None,
        min_length=1,
        max_length=100,
        help_text="Your own name for the payment. It names one transaction for ever.",
    )

    def validate_recipient(self, recipient: dict[str, Any]) -> dict[str, Any]:
        """Let the type read the recipient, so that its faults are told with the others."""
        kind = transaction_types.ALL.get(str(self.initial_data.get("type")))
        try:
            if kind:
                kind.recipient(recipient)
        except InvalidField as error:
            name = error.field.removeprefix("recipient.")
            raise serializers.ValidationError({name: [str(error)]}) from None
        return recipient


class ListParameters(StrictSerializer):
    """The parameters of `GET /api/v1/transactions`."""

    status = serializers.ChoiceField(
        Transaction.Status.choices,
        required=False,
        error_messages={"invalid_choice": f"Use one of: {', '.join(Transaction.Status.values)}."},
        help_text="Only transactions in this status.",
    )
    limit = serializers.IntegerField(default=25, min_value=1, max_value=100, help_text="How many at once.")
    cursor = serializers.CharField(required=False, max_length=300, help_text="Where to go on: taken from `next`.")

    def read(self) -> dict[str, Any]:
        """Return the parameters. Raises InvalidParameter naming those that are wrong."""
        if not self.is_valid():
            raise InvalidParameter({name: str(messages[0]) for name, messages in self.errors.items()})
        return dict(self.validated_data)
