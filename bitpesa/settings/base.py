"""Every setting, typed. `local`, `test` and `production` only override; nothing exists in one of them alone."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from psycopg.conninfo import conninfo_to_dict

from bitpesa import env
from bitpesa.settings.celery import *  # noqa: F403
from bitpesa.settings.logging import LOGGING as LOGGING
from bitpesa.settings.providers import *  # noqa: F403

ENV = env.read()
BASE_DIR = Path(__file__).resolve().parents[2]

MODE = ENV.mode
SECRET_KEY = ENV.secret_key.get_secret_value()
FIELD_KEYS = ENV.field_key.get_secret_value().split(",")
LOOKUP_KEY = ENV.lookup_key.get_secret_value()
PUBLIC_URL = ENV.public_url.rstrip("/")
CALLBACK_URL = ENV.callback_url.rstrip("/")
LIVE_URL = ENV.live_url.rstrip("/")
SANDBOX_URL = ENV.sandbox_url

DEBUG = False
ALLOWED_HOSTS = [urlsplit(PUBLIC_URL).hostname or "", urlsplit(CALLBACK_URL).hostname or ""] + [
    host for host in ENV.allowed_hosts.split(",") if host
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
ROOT_URLCONF = "bitpesa.urls"
WSGI_APPLICATION = "bitpesa.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
DISPLAY_TIME_ZONE = "Africa/Nairobi"
LANGUAGE_CODE = "en"
USE_I18N = True

INSTALLED_APPS = [
    # Before the admin, whose frame it replaces.
    "frontend",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_prometheus",
    "bitpesa",
    "transactions",
    "monitoring",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "monitoring.logs.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "frontend.pages.menu",
            ],
        },
    }
]


def _database(url: str) -> dict[str, Any]:
    """Turn a libpq URL into Django's settings; what Django has no name for goes to the driver."""
    parts = conninfo_to_dict(url)
    named = {name: parts.pop(key, "") for name, key in _DATABASE_NAMES.items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **named,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**parts, "connect_timeout": 5, "application_name": "bitpesa"},
    }


_DATABASE_NAMES = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
DATABASES = {"default": _database(ENV.database_url.get_secret_value())}

REDIS_URL = ENV.redis_url.get_secret_value()
REDIS_TIMEOUT_SECONDS = 0.25
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "bitpesa",
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": REDIS_TIMEOUT_SECONDS,
            "SOCKET_TIMEOUT": REDIS_TIMEOUT_SECONDS,
            "IGNORE_EXCEPTIONS": True,
        },
    }
}
# A login must not depend on Redis.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF, LIVE_URL],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

#: threads of one web process; those who wait for an answer get a quarter of them
REQUEST_THREADS = 8
#: bodies larger than this are refused before they are read
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["transactions.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["transactions.api.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "transactions.api.errors.problem_response",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "BitPesa Bridge",
    "DESCRIPTION": "Pay a Lightning invoice; shillings arrive over M-Pesa.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {"TransactionStatus": "transactions.models.transaction.Transaction.Status"},
}

# What the business decides
SPREAD_BASIS_POINTS = ENV.spread_basis_points
FEE_BASIS_POINTS = ENV.fee_basis_points
FEE_MIN_KES = ENV.fee_min_kes
MIN_AMOUNT_KES = ENV.min_amount_kes
MAX_AMOUNT_KES = ENV.max_amount_kes
QUOTE_SECONDS = ENV.quote_seconds
RATE_STALE_SECONDS = ENV.rate_stale_seconds
PRICE_TOLERANCE_BASIS_POINTS = ENV.price_tolerance_basis_points
PAY_BY_SECONDS = ENV.pay_by_seconds
SEND_WITHIN_SECONDS = ENV.send_within_seconds
CLTV_EXPIRY_BLOCKS = ENV.cltv_expiry_blocks
DEADLINE_MARGIN_BLOCKS = ENV.deadline_margin_blocks
