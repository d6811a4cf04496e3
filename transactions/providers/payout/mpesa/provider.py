"""M-Pesa payouts over Daraja: send money (B2C v3) and ask about it (Transaction Status)."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from transactions.providers.base import Rejected
from transactions.providers.payout.base import Accepted, PayoutOrder, PayoutProvider, QueryOrder, Report
from transactions.providers.payout.mpesa import acknowledgement, codes, messages, redaction
from transactions.providers.payout.mpesa.client import DarajaClient
from transactions.providers.payout.mpesa.credential import SecurityCredential
from transactions.providers.payout.mpesa.tokens import TokenStore

PAYMENT_PATH = "/mpesa/b2c/v3/paymentrequest"
STATUS_PATH = "/mpesa/transactionstatus/v1/query"
BALANCE_PATH = "/mpesa/accountbalance/v1/query"
SHORTCODE_TYPE = "4"
MAX_REMARKS = 100

_UNSAFE = re.compile(r"[^A-Za-z0-9 .-]+")


class MpesaPayouts(PayoutProvider):
    """Pays from one B2C shortcode. `probe_url` receives the answers to probes, which nobody needs."""

    name = "mpesa"

    def __init__(
        self,
        *,
        url: str,
        consumer_key: str,
        consumer_secret: str,
        initiator: str,
        initiator_password: str,
        certificate_path: str | Path,
        shortcode: str,
        probe_url: str,
        tokens: TokenStore,
        timeout_seconds: float = 10.0,
        connect_timeout_seconds: float = 3.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(clock=clock)
        self._initiator, self._shortcode, self._probe_url = initiator, shortcode, probe_url
        self._credential = SecurityCredential(password=initiator_password, certificate_path=certificate_path)
        self._client = DarajaClient(
            url=url,
            consumer_key=consumer_key,
            consumer_secret=consumer_secret,
            tokens=tokens,
            timeout_seconds=timeout_seconds,
            connect_timeout_seconds=connect_timeout_seconds,
        )

    @property
    def certificate_fingerprint(self) -> str:
        """SHA-256 of the certificate in use, to be compared with the one Safaricom hands out."""
        return self._credential.fingerprint

    @staticmethod
    def parse_result(body: bytes) -> Report:
        """Read a result message about a payout. Pure. Raises UnreadableMessage."""
        return messages.parse_result(body)

    @staticmethod
    def parse_answer(body: bytes) -> Report:
        """Read the answer to a status query. Pure. Raises UnreadableMessage."""
        return messages.parse_answer(body)

    @staticmethod
    def redact(body: bytes) -> bytes:
        """Return the bytes without credentials, fit to be stored."""
        return redaction.redact(body)

    def _submit(self, order: PayoutOrder) -> Accepted:
        token = self._client.token()
        request = self._client.prepare(PAYMENT_PATH, self._payment(order), token)
        self.check_not_late(order)
        return Accepted(self._send(request, token, reference=order.reference))

    def _query(self, order: QueryOrder) -> str:
        subject = {"TransactionID": order.receipt} if order.receipt else {"OriginalConversationID": order.reference}
        return self._ask(STATUS_PATH, "TransactionStatusQuery", order.result_url, order.timeout_url, subject)

    def _probe(self) -> None:
        """Ask for the account's balance: it passes the gateway, the credential and the account, and moves nothing."""
        self._ask(BALANCE_PATH, "AccountBalance", self._probe_url, self._probe_url, {})

    def _payment(self, order: PayoutOrder) -> dict[str, str]:
        """Fill in a B2C request. Source: daraja/BusinessToCustomer ("Occassion" and "InitiatorName" as spelt there)."""
        return {
            "OriginatorConversationID": order.reference,
            "InitiatorName": self._initiator,
            "SecurityCredential": self._credential.value,
            "CommandID": "BusinessPayment",
            "Amount": f"{order.amount_kes:d}",
            "PartyA": self._shortcode,
            "PartyB": order.msisdn,
            "Remarks": safe_remarks(order.remarks),
            "QueueTimeOutURL": order.timeout_url,
            "ResultURL": order.result_url,
            "Occassion": safe_remarks(order.reference),
        }

    def _ask(self, path: str, command: str, result_url: str, timeout_url: str, subject: Mapping[str, str]) -> str:
        """Ask a question; unlike a payment, it may be asked again with a new token."""
        fields = {
            "Initiator": self._initiator,
            "SecurityCredential": self._credential.value,
            "CommandID": command,
            **subject,
            "PartyA": self._shortcode,
            "IdentifierType": SHORTCODE_TYPE,
            "ResultURL": result_url,
            "QueueTimeOutURL": timeout_url,
            "Remarks": "status",
            "Occasion": "status",
        }
        token = self._client.token()
        try:
            return self._send(self._client.prepare(path, fields, token), token)
        except Rejected as refusal:
            if refusal.code not in codes.INVALID_TOKEN:
                raise
        token = self._client.token()
        return self._send(self._client.prepare(path, fields, token), token)

    def _send(self, request: httpx2.Request, token: str, *, reference: str = "") -> str:
        """Send once. A refused token is only marked here: replacing it is the next call's work."""
        try:
            return acknowledgement.read(self._client.send(request), reference=reference)
        except Rejected as refusal:
            if refusal.code in codes.INVALID_TOKEN:
                self._client.mark_stale(token)
            raise


def safe_remarks(text: str) -> str:
    """Restrict a text to what Daraja takes without complaint: 2 to 100 of [A-Za-z0-9 .-]."""
    cleaned = " ".join(_UNSAFE.sub(" ", text).split())[:MAX_REMARKS].strip()
    return cleaned if len(cleaned) > 1 else "Payout"
