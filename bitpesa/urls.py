"""One line per surface."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("transactions.api.urls")),
    path("hooks/", include("transactions.callbacks.urls")),
    path("admin/", admin.site.urls),
    path("", include("monitoring.urls")),
    path("", include("frontend.urls")),
]
