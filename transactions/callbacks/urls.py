"""Short, and free of the words that Safaricom refuses."""

from django.urls import re_path

from transactions.callbacks import views

urlpatterns = [
    re_path(r"^[rt]/(?P<secret>[0-9a-f]{32,64})/$", views.receive),
    re_path(r"^p/$", views.probe),
]
