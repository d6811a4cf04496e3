"""The admin: read what is there, stop a client or a key. Money moves by services and nowhere else.

Every list of fields is what may be seen. Sealed values, hashes of secrets and bodies of messages are in none of them.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from transactions import phone
from transactions.models import (
    ApiClient,
    ApiKey,
    IdempotencyRecord,
    KillSwitch,
    LightningInvoice,
    PayoutAttempt,
    ProviderMessage,
    ProviderToken,
    Quote,
    RateSnapshot,
    Recipient,
    Refund,
    StatusQuery,
    Transaction,
    TransactionEvent,
)
from transactions.readable_admin import ReadableAdmin, ReadOnlyAdmin

admin.site.site_header = admin.site.site_title = "BitPesa Bridge"
admin.site.index_title = "Records"


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    """Payments; the dashboard shows one with everything that happened to it."""

    list_display = ("reference", "status", "amount_kes", "sats", "to", "client", "created_at")
    list_filter = ("status", "type", "client")
    list_select_related = ("recipient", "client")
    search_fields = ("reference__exact", "id__exact", "client_reference__exact")
    search_help_text = "A whole reference, id or client_reference"
    ordering = ("-created_at", "-id")
    shown = (
        *("reference", "id", "status", "type", "client", "client_reference", "to", "amount_kes", "sats", "created_at"),
        *("look_at", "paid_at", "pay_by_at", "cancel_intended_at", "settled_early_at", "ended_at"),
    )

    @admin.display(description="To")
    def to(self, row: Transaction) -> str:
        """The recipient, masked."""
        return phone.mask(row.recipient.msisdn)

    @admin.display(description="Sats", ordering="amount_msat")
    def sats(self, row: Transaction) -> str:
        """Whole sats: every price is made of them."""
        return f"{row.amount_msat // 1_000:,}"


@admin.register(TransactionEvent)
class TransactionEventAdmin(ReadOnlyAdmin):
    """Moves."""

    list_display = ("at", "transaction", "from_status", "to_status", "reason", "actor")
    list_filter = ("to_status",)
    list_select_related = ("transaction",)
    search_fields = ("transaction__reference__exact", "request_id__exact")
    ordering = ("-id",)
    shown = ("transaction", "at", "from_status", "to_status", "reason", "actor", "request_id")


@admin.register(LightningInvoice)
class LightningInvoiceAdmin(ReadOnlyAdmin):
    """Invoices, without their preimages."""

    list_display = ("transaction", "state", "amount_msat", "received_msat", "expires_at", "held_at")
    list_filter = ("state", "provider")
    list_select_related = ("transaction",)
    search_fields = ("payment_hash__exact", "transaction__reference__exact")
    ordering = ("-created_at",)
    shown = (
        *("transaction", "provider", "node_identity", "payment_hash", "amount_msat", "received_msat", "state"),
        *("bolt11", "created_at", "expires_at", "held_at", "expiry_height", "ended_at"),
    )


@admin.register(PayoutAttempt)
class PayoutAttemptAdmin(ReadOnlyAdmin):
    """Orders to pay out."""

    list_display = ("reference", "transaction", "number", "outcome", "code", "receipt", "amount_kes", "created_at")
    list_filter = ("outcome", "provider")
    list_select_related = ("transaction",)
    search_fields = ("reference__exact", "receipt__exact", "provider_id__exact", "transaction__reference__exact")
    ordering = ("-created_at",)
    shown = (
        *("transaction", "number", "provider", "reference", "amount_kes", "outcome", "code", "is_gateway_refusal"),
        *("is_curable", "send_before", "created_at", "decided_at", "provider_id", "receipt", "charge_cents"),
        "confirmed_at",
    )


@admin.register(StatusQuery)
class StatusQueryAdmin(ReadOnlyAdmin):
    """Questions about attempts."""

    list_display = ("attempt", "asked_at", "answered_at", "answer")
    list_filter = ("answer",)
    list_select_related = ("attempt",)
    search_fields = ("attempt__reference__exact", "provider_id__exact")
    ordering = ("-asked_at",)
    shown = ("attempt", "asked_at", "provider_id", "answered_at", "answer")


@admin.register(ProviderMessage)
class ProviderMessageAdmin(ReadOnlyAdmin):
    """What providers posted, without the bytes: they name people."""

    list_display = ("received_at", "provider", "effect", "attempt", "note")
    list_filter = ("effect", "provider")
    list_select_related = ("attempt",)
    search_fields = ("attempt__reference__exact",)
    ordering = ("-received_at",)
    shown = ("provider", "attempt", "query", "remote_address", "received_at", "applied_at", "effect", "note")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderMessage]:
        """Leave the bytes in the database."""
        return super().get_queryset(request).defer("body")


@admin.register(Quote)
class QuoteAdmin(ReadOnlyAdmin):
    """Locked prices."""

    list_display = ("id", "amount_kes", "amount_msat", "fee_cents", "spread_cents", "created_at", "expires_at")
    search_fields = ("id__exact",)
    ordering = ("-created_at",)
    shown = ("id", "snapshot", *list_display[1:])


@admin.register(RateSnapshot)
class RateSnapshotAdmin(ReadOnlyAdmin):
    """Prices as they were read."""

    list_display = ("fetched_at", "kes_per_btc", "source")
    list_filter = ("source",)
    ordering = ("-fetched_at",)
    shown = ("fetched_at", "kes_per_btc", "source", "inputs")


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Sats given back by a payment."""

    list_display = ("transaction", "amount_msat", "created_at")
    list_select_related = ("transaction",)
    search_fields = ("transaction__reference__exact",)
    ordering = ("-created_at",)
    shown = list_display


@admin.register(Recipient)
class RecipientAdmin(ReadOnlyAdmin):
    """People who are paid, masked."""

    list_display = ("id", "masked", "created_at", "erased_at")
    search_fields = ("id__exact",)
    ordering = ("-created_at",)
    shown = list_display

    @admin.display(description="Phone")
    def masked(self, row: Recipient) -> str:
        """Enough to recognise it, too little to call it."""
        return phone.mask(row.msisdn)


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnlyAdmin):
    """Keys, and how their requests were answered."""

    list_display = ("key", "client", "operation", "response_status", "created_at", "expires_at")
    list_filter = ("operation",)
    list_select_related = ("client",)
    search_fields = ("key__exact",)
    ordering = ("-id",)
    shown = ("key", "client", "operation", "response_status", "response_location", "created_at", "expires_at")


@admin.register(KillSwitch)
class KillSwitchAdmin(ReadOnlyAdmin):
    """When new money was stopped, by whom and why."""

    list_display = ("engaged_at", "reason", "engaged_by", "released_at", "released_by")
    ordering = ("-engaged_at",)
    shown = list_display


@admin.register(ProviderToken)
class ProviderTokenAdmin(ReadOnlyAdmin):
    """Access tokens: that there is one, never which."""

    list_display = ("provider", "expires_at", "renewing_until")
    shown = list_display


@admin.register(ApiClient)
class ApiClientAdmin(ReadableAdmin):
    """Integrators: they can be renamed, and stopped at once."""

    list_display = ("name", "is_active", "created_at")
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "is_active", "created_at")
    readonly_fields = ("created_at",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: `manage.py` makes clients together with their first key."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiClient | None = None) -> bool:
        """Nobody: their transactions stay."""
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys: they can be ended, and nothing else."""

    list_display = ("prefix", "client", "created_at", "expires_at", "revoked_at")
    list_filter = ("client",)
    list_select_related = ("client",)
    search_fields = ("prefix",)
    ordering = ("-created_at",)
    shown = list_display
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whoever may change keys may end them."""
        return bool(request.user.has_perm("transactions.change_apikey"))

    @admin.action(description="Revoke: the key stops working at once, for ever", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """End the chosen keys."""
        working = list(keys.filter(revoked_at__isnull=True))
        now = timezone.now()  # noqa: TID251  an action is a view
        ApiKey.objects.filter(id__in=[key.id for key in working], revoked_at__isnull=True).update(revoked_at=now)
        for key in working:
            self.log_change(request, key, "revoked")
        messages.success(request, f"{len(working)} revoked.")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Only this one."""
        actions: dict[str, Any] = super().get_actions(request)
        return {name: action for name, action in actions.items() if name == "revoke"}
