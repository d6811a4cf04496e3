"""Who may look: members of staff, once signed in. The public pages need nobody's leave."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache

View = Callable[..., HttpResponseBase]
Person = AbstractBaseUser | AnonymousUser


def may_look(person: Person) -> bool:
    """Whether this person may see the dashboard: staff, and not dismissed."""
    return bool(person.is_active and getattr(person, "is_staff", False))


def restricted(view: View, permission: Callable[[Person], bool]) -> View:
    """Let only those through who have the permission. Strangers are asked to sign in, others are refused."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not permission(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return never_cache(guarded)
