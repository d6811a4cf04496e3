"""SecurityCredential: the initiator's password, encrypted for Safaricom.

RSA with PKCS#1 v1.5 padding over the raw password bytes, in base64; one value serves for many requests. The
certificates in circulation expired years ago and may still be the ones in use, so an expired one is accepted: compare
its fingerprint instead. Source: daraja/BusinessToCustomer, "Public Key Certificate".
"""

from base64 import b64encode
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

PADDING_BYTES = 11


class SecurityCredential:
    """The encrypted password. The password itself is not kept."""

    def __init__(self, *, password: str, certificate_path: str | Path) -> None:
        """Encrypt with a certificate in PEM or DER. Raises ValueError if the two cannot work together."""
        certificate = _load(Path(certificate_path))
        public_key = certificate.public_key()
        if not isinstance(public_key, RSAPublicKey):
            raise ValueError("the certificate's key is not RSA")
        if not 0 < len(password.encode()) <= public_key.key_size // 8 - PADDING_BYTES:
            raise ValueError("the initiator password is empty or too long for the certificate's key")
        self.value = b64encode(public_key.encrypt(password.encode(), PKCS1v15())).decode("ascii")
        self.fingerprint = certificate.fingerprint(SHA256()).hex(":").upper()


def _load(path: Path) -> x509.Certificate:
    data = path.read_bytes()
    if b"-----BEGIN" in data:
        return x509.load_pem_x509_certificate(data)
    return x509.load_der_x509_certificate(data)
