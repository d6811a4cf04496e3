"""Reads the environment, once. Every missing or malformed name is reported, all together, and nothing starts."""

from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

#: what generated, documented and published defaults begin with, and what no real secret may look like
INSECURE_PREFIXES = ("insecure", "change-me", "django-insecure-", "sandbox", "Sandbox", "test-")
#: a key that stands in this repository, for tests
PUBLISHED_FIELD_KEY = "dGVzdC10ZXN0LXRlc3QtdGVzdC10ZXN0LXRlc3QtMDE="
SANDBOX_HOSTS = {"sandbox.safaricom.co.ke", "localhost"}
#: blocks between the arrival of sats and the margin: the node's own cancelling (18), and six hours to decide a payout
SHORTEST_HOLD_BLOCKS = 54
_OWN_SECRETS = ("secret_key", "field_key", "lookup_key")
_PROVIDER_SECRETS = ("mpesa_consumer_key", "mpesa_consumer_secret", "mpesa_initiator_password")


def _fernet_keys(value: SecretStr) -> SecretStr:
    for key in value.get_secret_value().split(","):
        Fernet(key)
    return value


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an http or https address")
    return value


Text = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, Field(min_length=1)]
FernetKeys = Annotated[SecretStr, AfterValidator(_fernet_keys)]
WebAddress = Annotated[str, AfterValidator(_web_address)]


def _is_on_this_machine(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host in SANDBOX_HOSTS
    return address.is_loopback or address.is_unspecified


class Env(BaseSettings):
    """The environment, typed. Names are the upper-case of the fields; README has the table."""

    model_config = SettingsConfigDict(frozen=True)

    # This deployment
    mode: Literal["test", "live"]
    secret_key: Secret
    #: Fernet keys for preimages, newest first, separated by commas
    field_key: FernetKeys
    #: keys the hashes by which phone numbers are looked up
    lookup_key: Secret
    public_url: WebAddress
    callback_url: WebAddress
    live_url: WebAddress
    allowed_hosts: str = ""
    database_url: Secret
    redis_url: Secret

    # Lightning
    lnd_url: WebAddress
    lnd_macaroon: Path
    lnd_certificate: Path | None = None
    lightning_network: Literal["bc", "tb", "tbs", "bcrt"]

    # M-Pesa
    mpesa_url: WebAddress
    mpesa_consumer_key: Secret
    mpesa_consumer_secret: Secret
    mpesa_initiator: Text
    mpesa_initiator_password: Secret
    mpesa_certificate: Path
    mpesa_shortcode: Text

    # Price
    rates_url: WebAddress
    spread_basis_points: int = Field(default=150, ge=0, le=2_000)
    fee_basis_points: int = Field(default=100, ge=0, le=2_000)
    fee_min_kes: int = Field(default=5, ge=0)
    min_amount_kes: int = Field(default=10, ge=1)
    max_amount_kes: int = Field(default=250_000, ge=1)

    # Time and tolerance
    quote_seconds: int = Field(default=120, ge=10, le=3_600)
    rate_refresh_seconds: int = Field(default=15, ge=1)
    rate_stale_seconds: int = Field(default=90, ge=5)
    price_tolerance_basis_points: int = Field(default=300, ge=0)
    pay_by_seconds: int = Field(default=900, ge=30)
    send_within_seconds: int = Field(default=15, ge=1, le=60)
    cltv_expiry_blocks: int = Field(default=144, ge=24, le=65_535)
    deadline_margin_blocks: int = Field(default=24, ge=6)

    # Only a test deployment has a sandbox
    sandbox_url: str = ""

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> "Env":
        if self.min_amount_kes > self.max_amount_kes:
            raise ValueError("MIN_AMOUNT_KES is larger than MAX_AMOUNT_KES")
        if self.cltv_expiry_blocks < self.deadline_margin_blocks + SHORTEST_HOLD_BLOCKS:
            raise ValueError(f"CLTV_EXPIRY_BLOCKS must be DEADLINE_MARGIN_BLOCKS + {SHORTEST_HOLD_BLOCKS} at least")
        return self

    def faults_in_production(self) -> list[str]:
        """Say, one sentence each, what must not be so in production."""
        faults = self._weak_secrets(*(_PROVIDER_SECRETS + _OWN_SECRETS if self.mode == "live" else _OWN_SECRETS))
        if len(self.secret_key.get_secret_value()) < 50:
            faults.append("SECRET_KEY is shorter than 50 characters")
        # The sandbox of a test deployment posts over plain http.
        for name in ("public_url", "live_url", *(("callback_url",) if self.mode == "live" else ())):
            if urlsplit(getattr(self, name)).scheme != "https":
                faults.append(f"{name.upper()} is not https")
        if self.mode == "live":
            faults += self._sandbox_addresses()
        return faults

    def _weak_secrets(self, *names: str) -> list[str]:
        return [
            f"{name.upper()} is a default; make one of your own"
            for name in names
            if (value := getattr(self, name).get_secret_value()).startswith(INSECURE_PREFIXES)
            or PUBLISHED_FIELD_KEY in value
        ]

    def _sandbox_addresses(self) -> list[str]:
        """The node may stand on this machine; M-Pesa and the exchanges never do."""
        faults = []
        for name in ("mpesa_url", "rates_url"):
            parts = urlsplit(getattr(self, name))
            if _is_on_this_machine(parts.hostname or "") or parts.hostname in SANDBOX_HOSTS:
                faults.append(f"{name.upper()} is a sandbox address ({parts.hostname}) on a live deployment")
            elif parts.scheme != "https":
                faults.append(f"{name.upper()} is not https")
        if self.sandbox_url:
            faults.append("SANDBOX_URL is set on a live deployment")
        if self.lightning_network != "bc":
            faults.append("LIGHTNING_NETWORK is not bc on a live deployment")
        return faults


@cache
def read() -> Env:
    """Return the environment. Raises ImproperlyConfigured naming everything that is missing or wrong."""
    try:
        return Env()
    except ValidationError as error:
        faults = error.errors(include_input=False)
        lines = [f"  {str((*fault['loc'], 'limits')[0]).upper()}: {fault['msg']}" for fault in faults]
        raise ImproperlyConfigured(
            "the environment is not complete (README, “Settings”):\n" + "\n".join(lines)
        ) from None
