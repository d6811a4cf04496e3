"""Strict fields: a value is of the type that is asked for, or it is refused. Nothing is converted silently."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from transactions.errors import InvalidField
from transactions.services import prices

#: as many unknown fields are named in one answer
_NAMED_AT_ONCE = 20


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know, by name, together with everything else that is wrong."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Read and check all fields."""
        faults: dict[str, Any] = {}
        values: dict[str, Any] = {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            faults = dict(error.detail) if isinstance(error.detail, Mapping) else {"non_field_errors": error.detail}
        if isinstance(data, Mapping):
            known = ", ".join(self.fields)
            unknown = [name for name in data if name not in self.fields][:_NAMED_AT_ONCE]
            faults |= {name: [f"There is no such field. There are: {known}."] for name in unknown}
        if faults:
            raise serializers.ValidationError(faults)
        return values


class TextField(serializers.CharField):
    """A JSON string, kept as it is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """Refuse numbers and booleans."""
        if not isinstance(data, str):
            self.fail("invalid")
        return data


@extend_schema_field(
    {"type": "integer", "format": "int64", "minimum": settings.MIN_AMOUNT_KES, "maximum": settings.MAX_AMOUNT_KES}
)
class ShillingsField(serializers.Field[int, int, int, Any]):
    """Whole shillings, as a JSON integer: money is not rounded for anybody."""

    default_error_messages = {
        "type": "Give a JSON integer: whole shillings, without quotes, decimals or an exponent.",
    }

    def to_internal_value(self, data: Any) -> int:
        """Refuse "100", 1.5, 1e3 and true."""
        if type(data) is not int:
            self.fail("type")
        try:
            return prices.check_amount(data).value
        except InvalidField as error:
            raise serializers.ValidationError(str(error)) from None
