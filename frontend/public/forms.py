"""The public form as it is typed: forgiving about spaces and commas, exact about everything else."""

from uuid import uuid4

from django import forms
from django.conf import settings

from transactions.errors import InvalidField

#: a domain field → the field of the form it was typed into
_FIELDS = {"recipient.phone": "phone", "amount_kes": "amount_kes"}


def read_amount(typed: str) -> int | None:
    """Read whole shillings as people type them: `1,500`, `1 500`. None if it is no whole number."""
    digits = typed.strip()[:20].replace(",", "").replace(" ", "")
    return int(digits) if digits.isascii() and digits.isdigit() else None


class SendForm(forms.Form):
    """Whom to pay, how much, and the key that makes a double click one payment."""

    phone = forms.CharField(max_length=40, error_messages={"required": "Whose phone? Give a Kenyan mobile number."})
    amount_kes = forms.CharField(max_length=20, error_messages={"required": "How much? Give whole shillings."})
    key = forms.UUIDField(widget=forms.HiddenInput)

    def clean_amount_kes(self) -> int:
        """Shillings as a whole number; whether they are too few or too many is for the domain to say."""
        amount_kes = read_amount(self.cleaned_data["amount_kes"])
        if amount_kes is None:
            low, high = settings.MIN_AMOUNT_KES, settings.MAX_AMOUNT_KES
            raise forms.ValidationError(f"Give whole shillings from {low:,} to {high:,}.")
        return amount_kes

    def refuse(self, error: InvalidField) -> None:
        """Show what the domain refuses beside the field it is about."""
        self.add_error(_FIELDS.get(error.field), str(error))

    def renew_key(self) -> None:
        """Make the next press of the button a payment of its own."""
        self.data = {name: self.data.get(name, "") for name in ("phone", "amount_kes")} | {"key": str(uuid4())}
