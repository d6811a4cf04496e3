"""What is kept secret at rest: sealed values, keyed hashes, and the secrets in our own URLs."""

import hashlib
import hmac
import secrets
from functools import cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


@cache
def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def seal(value: bytes) -> bytes:
    """Encrypt a value for storage, with the newest key."""
    return _fernet().encrypt(value)


def unseal(value: bytes | memoryview) -> bytes:
    """Decrypt a stored value. Raises cryptography.fernet.InvalidToken if no key of ours made it."""
    return _fernet().decrypt(bytes(value))


def keyed_hash(text: str) -> str:
    """Hash a value that could be guessed (a phone number), so that only we can look it up."""
    return hmac.new(settings.LOOKUP_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def new_url_secret() -> str:
    """Return the secret part of a URL of ours. Hex: Safaricom refuses URLs in which some words occur."""
    return secrets.token_hex(24)


def digest(secret: str) -> str:
    """Hash a secret that cannot be guessed, for storage and look-up."""
    return hashlib.sha256(secret.encode()).hexdigest()
