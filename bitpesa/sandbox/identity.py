"""Who the sandbox is: its fixed credentials, and the keys and certificates it makes on its first start.

In the state directory: `lnd.crt` (give it to the client as its only CA), `lnd.macaroon` (send its hex), `mpesa.cer`
(encrypt the initiator password with it). The private halves beside them never leave the directory.
"""

import ipaddress
import os
import secrets
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from coincurve import PrivateKey
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

CONSUMER_KEY = "sandbox-consumer"
CONSUMER_SECRET = "sandbox-secret"  # noqa: S105 - published on purpose: it opens nothing but a simulator
INITIATOR = "testapi"
INITIATOR_PASSWORD = "Sandbox#2026"  # noqa: S105 - as above
SHORTCODE = "600000"
SHORTCODE_NAME = "BitPesa Sandbox"

CertificateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Identity:
    """The secrets of this sandbox, read from its state directory."""

    tls: ssl.SSLContext
    macaroon_hex: str
    credential_key: rsa.RSAPrivateKey
    node_key: PrivateKey

    @property
    def node_id(self) -> str:
        return self.node_key.public_key.format(compressed=True).hex()


def load(state: Path) -> Identity:
    """Read the identity from `state`, making what is not there yet."""
    _make_missing(state)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(state / "lnd.crt", state / "lnd.key")
    credential_key = serialization.load_pem_private_key((state / "mpesa.key").read_bytes(), password=None)
    if not isinstance(credential_key, rsa.RSAPrivateKey):
        raise TypeError("mpesa.key is not an RSA key")
    return Identity(
        tls=tls,
        macaroon_hex=(state / "lnd.macaroon").read_bytes().hex(),
        credential_key=credential_key,
        node_key=PrivateKey((state / "node.key").read_bytes()),
    )


def _make_missing(state: Path) -> None:
    if not (state / "lnd.crt").exists():
        _write_pair(state / "lnd.key", state / "lnd.crt", ec.generate_private_key(ec.SECP256R1()), "localhost")
    if not (state / "mpesa.cer").exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        _write_pair(state / "mpesa.key", state / "mpesa.cer", key, "apicrypt.sandbox.invalid")
    for name, size in (("lnd.macaroon", 90), ("node.key", 32)):
        if not (state / name).exists():
            _write_secret(state / name, secrets.token_bytes(size))


def _write_pair(key_path: Path, certificate_path: Path, key: CertificateKey, common_name: str) -> None:
    """Write the key first: a certificate that is there has its key beside it, whenever the start was cut short."""
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    _write_secret(key_path, key.private_bytes(encoding, form, serialization.NoEncryption()))
    certificate_path.write_bytes(_self_signed(key, common_name).public_bytes(encoding))


def _self_signed(key: CertificateKey, common_name: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=3650),
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return builder.add_extension(names, critical=False).sign(key, hashes.SHA256())


def _write_secret(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
