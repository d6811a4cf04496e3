"""The shapes of answers, for the OpenAPI description. A test holds real answers against them."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from transactions.api.serializers import TYPES
from transactions.models import LightningInvoice, Transaction


class _Shape(serializers.Serializer[Any]):
    """Describes; reads and writes nothing. In the description its name has no `Shape`."""

    def __init_subclass__(cls) -> None:
        extend_schema_serializer(component_name=cls.__name__.removesuffix("Shape"))(cls)


class MaskedRecipientShape(_Shape):
    """Who is paid, recognisable to those who know."""

    phone = serializers.CharField(help_text="Masked.")


class InvoiceShape(_Shape):
    """What the payer pays."""

    bolt11 = serializers.CharField()
    payment_hash = serializers.RegexField("^[0-9a-f]{64}$")
    expires_at = serializers.DateTimeField()
    state = serializers.ChoiceField(LightningInvoice.State.values, help_text="Our last reading of the node.")


class PayoutShape(_Shape):
    """How far the shillings are."""

    provider = serializers.CharField()
    receipt = serializers.CharField(allow_null=True, help_text="The provider's receipt, once they arrived.")
    attempts = serializers.IntegerField(min_value=1)


class TransactionShape(_Shape):
    """A payment from sats to shillings."""

    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="What people call it: BP- and nine characters.")
    type = serializers.ChoiceField(TYPES)
    status = serializers.ChoiceField(Transaction.Status.choices)
    status_label = serializers.CharField()
    conclusive = serializers.BooleanField(help_text="Whether nothing more will happen.")
    amount_kes = serializers.IntegerField(help_text="What arrives: whole shillings.")
    amount_msat = serializers.RegexField(r"^\d+$", help_text="What the payer pays, all in: millisatoshi.")
    amount_sats = serializers.IntegerField(help_text="The same in whole sats.")
    fee_kes = serializers.RegexField(r"^\d+\.\d\d$", help_text="Our fee, paid on top by the payer.")
    spread_kes = serializers.RegexField(r"^\d+\.\d\d$", help_text="Our spread on the price, paid on top by the payer.")
    kes_per_btc = serializers.RegexField(r"^\d+\.\d+$", help_text="The price it was made from.")
    recipient = MaskedRecipientShape()
    client_reference = serializers.CharField(allow_null=True)
    invoice = InvoiceShape(allow_null=True, help_text="Null until the invoice was made.")
    payout = PayoutShape(allow_null=True, help_text="Null until a payout was attempted.")
    checkout_url = serializers.URLField(help_text="A page on which anybody can pay it.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="When the price is no longer held.")
    ended_at = serializers.DateTimeField(allow_null=True)


class TransactionPageShape(_Shape):
    """Some transactions, newest first."""

    results = TransactionShape(many=True)
    next = serializers.URLField(allow_null=True, help_text="Where to go on; null at the end.")


class EventShape(_Shape):
    """One move."""

    at = serializers.DateTimeField()
    from_status = serializers.ChoiceField(Transaction.Status.choices, allow_null=True, help_text="Null at first.")
    to_status = serializers.ChoiceField(Transaction.Status.choices)
    reason = serializers.CharField(help_text="A short code of why.")
    actor = serializers.ChoiceField(["api client", "payer", "system", "operator"])


class EventsShape(_Shape):
    """What happened, oldest first."""

    results = EventShape(many=True)


class FaultShape(_Shape):
    """One thing that is wrong, and where: a JSON pointer into the body, or the name of a parameter or a header."""

    pointer = serializers.CharField(required=False)
    parameter = serializers.CharField(required=False)
    header = serializers.CharField(required=False)
    message = serializers.CharField()


class ProblemShape(_Shape):
    """Problem details (RFC 9457)."""

    type = serializers.URLField(help_text="A page that explains this kind of problem.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable: the last part of `type`.")
    request_id = serializers.CharField(allow_null=True, help_text="Tell it to support.")
    errors = FaultShape(many=True)  # type: ignore[assignment]  # a member of that name, not the property
