"""Production: refuses to start on default secrets, plain http, or a sandbox address on a live deployment."""

from django.core.exceptions import ImproperlyConfigured

from bitpesa.settings.base import *  # noqa: F403
from bitpesa.settings.base import ENV

if faults := ENV.faults_in_production():
    raise ImproperlyConfigured("not fit for production:\n" + "\n".join(f"  {fault}" for fault in faults))

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^health", r"^metrics"]
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
