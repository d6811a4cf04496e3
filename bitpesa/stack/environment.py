"""What the platform's processes find in their environment on this machine."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bitpesa.stack.ports import LOOPBACK
from bitpesa.stack.secret_values import SecretValues
from bitpesa.stack.state import State

DEFAULT_PORT = 8000


@dataclass(frozen=True, slots=True)
class Addresses:
    """The five ports of a stack, one after the other from the first."""

    web_port: int

    @property
    def ports(self) -> range:
        """All five."""
        return range(self.web_port, self.web_port + 5)

    @property
    def live_port(self) -> int:
        """Server-sent events."""
        return self.web_port + 1

    @property
    def daraja_port(self) -> int:
        """The sandbox's M-Pesa and exchanges."""
        return self.web_port + 2

    @property
    def lnd_port(self) -> int:
        """The sandbox's Lightning node."""
        return self.web_port + 3

    @property
    def admin_port(self) -> int:
        """The sandbox's own switches: pay an invoice, plan a fault."""
        return self.web_port + 4


#: Where nothing listens: tests start a sandbox of their own and say where it is.
NOWHERE = Addresses(9)


def build(
    state: State, secrets: SecretValues, servers: Mapping[str, str], addresses: Addresses, *, settings: str
) -> dict[str, str]:
    """The variables that the settings read, beside those of the caller that any program needs."""
    web = f"http://{LOOPBACK}:{addresses.web_port}"
    return {
        "DJANGO_SETTINGS_MODULE": settings,
        "SECRET_KEY": secrets.secret_key,
        "FIELD_KEY": secrets.field_key,
        "LOOKUP_KEY": secrets.lookup_key,
        **servers,
        "MODE": "test",
        "PUBLIC_URL": web,
        "CALLBACK_URL": web,
        "LIVE_URL": f"http://{LOOPBACK}:{addresses.live_port}",
        "PROMETHEUS_MULTIPROC_DIR": str(state.metrics),
        **_providers(state, addresses),
    }


def _providers(state: State, addresses: Addresses) -> dict[str, str]:
    """Where the sandbox plays M-Pesa, the Lightning node and the exchanges, and how to log in to them."""
    daraja = f"http://{LOOPBACK}:{addresses.daraja_port}"
    return {
        "LND_URL": f"https://{LOOPBACK}:{addresses.lnd_port}",
        "LND_CERTIFICATE": str(state.sandbox / "lnd.crt"),
        "LND_MACAROON": str(state.sandbox / "lnd.macaroon"),
        "LIGHTNING_NETWORK": "bcrt",
        "MPESA_URL": daraja,
        "MPESA_CONSUMER_KEY": "sandbox-consumer",
        "MPESA_CONSUMER_SECRET": "sandbox-secret",
        "MPESA_INITIATOR": "testapi",
        "MPESA_INITIATOR_PASSWORD": "Sandbox#2026",
        "MPESA_CERTIFICATE": str(state.sandbox / "mpesa.cer"),
        "MPESA_SHORTCODE": "600000",
        "RATES_URL": daraja,
        "SANDBOX_URL": f"http://{LOOPBACK}:{addresses.admin_port}",
    }


def inherited() -> dict[str, str]:
    """The caller's environment, with our programs first on the path and no proxy between our own processes."""
    programs = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "PATH": os.pathsep.join((programs, os.environ.get("PATH", os.defpath))),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": f"{LOOPBACK},localhost",
        "no_proxy": f"{LOOPBACK},localhost",
    }
