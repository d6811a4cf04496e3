"""The initiator who signs for payments: name and encrypted password, and the lock after three wrong ones in a row."""

from base64 import b64decode
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bitpesa.sandbox.books import Books
from bitpesa.sandbox.identity import INITIATOR, INITIATOR_PASSWORD, SHORTCODE

WRONG = "2001"
LOCKED = "8006"
#: "the debit party is in an invalid state": somebody else's shortcode
NOT_OURS = "11"
LOCKED_AFTER = 3


class InitiatorGuard:
    """Says with which ResultCode a request will be refused, or "" if it is signed as it should be."""

    def __init__(self, books: Books, key: rsa.RSAPrivateKey) -> None:
        self._books = books
        self._key = key
        # one credential may be used for many requests, and decrypting costs a millisecond
        self._is_password = lru_cache(maxsize=256)(self._decrypts_to_password)

    def check(self, name: object, credential: object, shortcode: object) -> str:
        if self._failures() >= LOCKED_AFTER:
            return LOCKED
        if name != INITIATOR or not self._is_password(str(credential)):
            self._books.remember("credential_failures", self._failures() + 1)
            return WRONG
        if self._failures():
            self._books.remember("credential_failures", 0)
        return "" if str(shortcode) == SHORTCODE else NOT_OURS

    def _failures(self) -> int:
        return self._books.recall("credential_failures", 0)

    def _decrypts_to_password(self, credential: str) -> bool:
        try:
            return self._key.decrypt(b64decode(credential), padding.PKCS1v15()) == INITIATOR_PASSWORD.encode()
        except ValueError:
            return False
