"""The public form. Works without scripts: one button shows the price, the other makes the payment."""

from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from frontend.public.forms import SendForm, read_amount
from transactions import selectors
from transactions.errors import (
    BridgeError,
    IdempotencyKeyBusy,
    IdempotencyKeyReused,
    InvalidField,
    QuotingStopped,
    RateUnavailable,
)
from transactions.money import Kes
from transactions.services import prices, public_form

_CHANGED = "You changed the payment after it was sent. Send it again to make a new one."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest) -> HttpResponse:
    """Show the form, its price, or what is wrong with it; make the payment and go to its checkout."""
    if request.method != "POST":
        start = {"key": uuid4(), "amount_kes": request.GET.get("amount_kes", "")[:20]}
        return _show(request, SendForm(initial=start))
    form = SendForm(request.POST)
    if "price" in request.POST:
        return _show(request, form)
    if not form.is_valid():
        return _show(request, form, status=422)
    return _make(request, form)


def _make(request: HttpRequest, form: SendForm) -> HttpResponse:
    wanted = form.cleaned_data
    try:
        transaction_id = public_form.send_money(
            phone=wanted["phone"], amount_kes=wanted["amount_kes"], key=wanted["key"], at=timezone.now()
        )
    except InvalidField as error:
        form.refuse(error)
        return _show(request, form, status=422)
    except IdempotencyKeyReused:
        form.renew_key()
        return _show(request, form, problem=_CHANGED, status=409)
    except (IdempotencyKeyBusy, RateUnavailable, QuotingStopped) as error:
        return _show(request, form, problem=str(error), status=409 if isinstance(error, IdempotencyKeyBusy) else 503)
    return redirect("frontend:checkout", transaction_id=transaction_id)


def _show(request: HttpRequest, form: SendForm, *, problem: str = "", status: int = 200) -> HttpResponse:
    is_stopped = selectors.find_kill_switch() is not None
    context = {
        "form": form,
        "problem": QuotingStopped.message if is_stopped else problem,
        "is_stopped": is_stopped,
        "least": settings.MIN_AMOUNT_KES,
        "most": settings.MAX_AMOUNT_KES,
        **_priced(str(form["amount_kes"].value() or "")),
    }
    return render(request, "frontend/pages/send.html", context, status=status)


@never_cache
@require_GET
def price(request: HttpRequest) -> HttpResponse:
    """The all-in price of an amount, as the fragment that the form shows while one types."""
    return render(request, "frontend/parts/_price.html", _priced(request.GET.get("amount_kes", "")))


def _priced(typed: str) -> dict[str, object]:
    """Price what was typed; nothing if there is no price for it, and why if the payer can do something about it."""
    amount_kes = read_amount(typed)
    if amount_kes is None:
        return {}
    low, high = settings.MIN_AMOUNT_KES, settings.MAX_AMOUNT_KES
    if not low <= amount_kes <= high:
        return {"no_price": f"Whole shillings from {low:,} to {high:,}."}
    try:
        return {"price": prices.preview(Kes(amount_kes), at=timezone.now())}
    except BridgeError as error:
        return {"no_price": str(error)}
