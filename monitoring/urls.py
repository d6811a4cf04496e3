"""Where machines ask."""

from django.urls import URLPattern, path

from monitoring import views

urlpatterns: list[URLPattern] = [
    path("health", views.full),
    path("health/live", views.live),
    path("health/ready", views.ready),
    path("metrics", views.metrics),
]
