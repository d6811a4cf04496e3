"""The screens: public, signing in and out, and the dashboard's pages."""

from django.conf import settings
from django.contrib.auth import views as auth
from django.urls import path
from django.views.generic import RedirectView

from frontend import pages
from frontend.public import checkout, send

app_name = "frontend"

urlpatterns = [
    path("send", send.send, name="send"),
    path("send/price", send.price, name="price"),
    path("pay/<uuid:transaction_id>", checkout.checkout, name="checkout"),
    path(
        "login/",
        auth.LoginView.as_view(template_name="frontend/pages/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}frontend/mark.svg"), name="mark"),
    *[page.pattern for page in pages.ALL],
]
