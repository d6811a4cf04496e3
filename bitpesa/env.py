"""Reads the environment, once. Every missing or malformed name is reported, all together, and nothing starts."""

from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

#: what generated or documented defaults begin with, and what no real secret may look like
INSECURE_PREFIXES = ("insecure", "change-me", "sandbox", "Sandbox", "test-")
_OWN_SECRETS = ("secret_key", "field_key", "lookup_key")
_PROVIDER_SECRETS = ("mpesa_consumer_key", "mpesa_consumer_secret", "mpesa_initiator_password")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SANDBOX_HOSTS = {"sandbox.safaricom.co.ke"}


class Env(BaseSettings):
    """The environment, typed. Names are the upper-case of the fields; README has the table."""

    model_config = SettingsConfigDict(frozen=True)

    # This deployment
    mode: Literal["test", "live"]
    secret_key: SecretStr
    #: Fernet keys for preimages, newest first, separated by commas
    field_key: SecretStr
    #: keys the hashes by which phone numbers are looked up
    lookup_key: SecretStr
    public_url: str
    callback_url: str
    live_url: str
    allowed_hosts: str = ""
    database_url: SecretStr
    redis_url: SecretStr

    # Lightning
    lnd_url: str
    lnd_macaroon: Path
    lnd_certificate: Path | None = None
    lightning_network: Literal["bc", "tb", "tbs", "bcrt"]

    # M-Pesa
    mpesa_url: str
    mpesa_consumer_key: SecretStr
    mpesa_consumer_secret: SecretStr
    mpesa_initiator: str
    mpesa_initiator_password: SecretStr
    mpesa_certificate: Path
    mpesa_shortcode: str

    # Price
    rates_url: str
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
    deadline_margin_blocks: int = Field(default=24, ge=1)

    # Only a test deployment has a sandbox
    sandbox_url: str = ""

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
            if getattr(self, name).get_secret_value().startswith(INSECURE_PREFIXES)
        ]

    def _sandbox_addresses(self) -> list[str]:
        faults = []
        for name in ("mpesa_url", "rates_url"):
            host = urlsplit(getattr(self, name)).hostname
            if host in LOOPBACK | SANDBOX_HOSTS:
                faults.append(f"{name.upper()} is a sandbox address ({host}) on a live deployment")
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
        lines = [f"  {str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors(include_input=False)]
        raise ImproperlyConfigured(
            "the environment is not complete (README, “Settings”):\n" + "\n".join(lines)
        ) from None
