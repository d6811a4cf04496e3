"""The node's invoices: OPEN until somebody pays or the clock runs out, ACCEPTED until settled, cancelled, or too high.

An open invoice ends by the clock. A held one never does: it ends by block height, 18 blocks before its HTLC would run
out. Source: lnd, `invoices.holdexpirydelta`.
"""

import secrets
from hashlib import sha256

from coincurve import PrivateKey

from bitpesa.sandbox import bolt11
from bitpesa.sandbox.books import Books
from bitpesa.sandbox.clock import Timetable
from bitpesa.sandbox.followers import Followers
from bitpesa.sandbox.invoice import Invoice, InvoiceWish, from_row

FIRST_HEIGHT = 1_000
#: a held invoice is let go when no more blocks than this are left
HOLD_EXPIRY_BLOCKS = 18
#: what a paying wallet adds to the delta that is asked for
PAYER_EXTRA_BLOCKS = 3


class InvoiceRefused(Exception):
    """The node says no, in its own words."""


class UnknownInvoice(InvoiceRefused):
    """There is no invoice with this hash."""

    def __init__(self) -> None:
        super().__init__("unable to locate invoice")


class Invoices:
    """The invoices, by payment hash."""

    def __init__(self, books: Books, timetable: Timetable, node_key: PrivateKey) -> None:
        self._books = books
        self._timetable = timetable
        self._node_key = node_key
        self.followers = Followers()

    @property
    def height(self) -> int:
        return self._books.recall("block_height", FIRST_HEIGHT)

    def resume(self) -> None:
        """Take up the clocks of what was open when the sandbox stopped."""
        for row in self._books.all("SELECT * FROM invoices WHERE state = 'OPEN'"):
            self._schedule_expiry(from_row(row))

    def find(self, payment_hash: str) -> Invoice | None:
        row = self._books.one("SELECT * FROM invoices WHERE payment_hash = ?", payment_hash)
        return from_row(row) if row else None

    def find_bolt11(self, text: str) -> Invoice | None:
        row = self._books.one("SELECT * FROM invoices WHERE bolt11 = ?", text.lower().removeprefix("lightning:"))
        return from_row(row) if row else None

    def listed(self, *, only_pending: bool, after: int, limit: int) -> list[Invoice]:
        states = "state IN ('OPEN', 'ACCEPTED')" if only_pending else "TRUE"
        sql = f"SELECT * FROM invoices WHERE {states} AND add_index > ? ORDER BY add_index LIMIT ?"  # noqa: S608
        return [from_row(row) for row in self._books.all(sql, after, limit)]

    def settled_msat(self) -> int:
        row = self._books.one("SELECT SUM(amt_paid_msat) AS total FROM invoices WHERE state = 'SETTLED'")
        return int(row["total"] or 0) if row else 0

    def create(self, wish: InvoiceWish) -> Invoice:
        if self.find(wish.payment_hash):
            raise InvoiceRefused("invoice with payment hash already exists")
        now, secret = self._timetable.clock.now(), secrets.token_bytes(32)
        terms = bolt11.InvoiceTerms(
            payment_hash=bytes.fromhex(wish.payment_hash),
            payment_secret=secret,
            amount_msat=wish.value_msat,
            memo=wish.memo,
            description_hash=bytes.fromhex(wish.description_hash),
            created_at_unix=int(now.timestamp()),
            expiry_seconds=wish.expiry_seconds,
            cltv_expiry=wish.cltv_expiry,
        )
        self._books.write(
            "INSERT INTO invoices (payment_hash, bolt11, memo, description_hash, payment_secret, value_msat,"
            " expiry_seconds, cltv_expiry, is_private, state, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'OPEN', ?)",
            *(wish.payment_hash, bolt11.encode(terms, self._node_key), wish.memo, wish.description_hash, secret.hex()),
            *(wish.value_msat, wish.expiry_seconds, wish.cltv_expiry, wish.is_private, now.isoformat()),
        )
        invoice = self._get(wish.payment_hash)
        self._schedule_expiry(invoice)
        self.followers.tell(invoice.payment_hash, invoice)
        return invoice

    def accept(self, payment_hash: str, amount_msat: int) -> Invoice:
        """Hold a payer's money. Whoever pays too little, too late or second is refused."""
        invoice = self._get(payment_hash)
        if invoice.state != "OPEN" or self._timetable.clock.now() >= invoice.expires_at:
            raise InvoiceRefused(f"the invoice is {invoice.state.lower()} or expired: incorrect payment details")
        if amount_msat < max(1, invoice.value_msat):
            raise InvoiceRefused("too little: incorrect payment details")
        self._books.write(
            "UPDATE invoices SET state = 'ACCEPTED', amt_paid_msat = ?, accepted_at = ?, accept_height = ?,"
            " expiry_height = ? WHERE payment_hash = ?",
            *(amount_msat, self._timetable.clock.now().isoformat(), self.height),
            *(self.height + invoice.cltv_expiry + PAYER_EXTRA_BLOCKS, payment_hash),
        )
        return self._changed(payment_hash)

    def settle(self, preimage: bytes) -> Invoice:
        """Take the money. Settling twice is no error."""
        invoice = self._get(sha256(preimage).hexdigest())
        if invoice.state == "SETTLED":
            return invoice
        if invoice.state != "ACCEPTED":
            is_open = invoice.state == "OPEN"
            raise InvoiceRefused("invoice still open" if is_open else "invoice already canceled")
        settle_index = self._books.recall("settle_index", 0) + 1
        self._books.remember("settle_index", settle_index)
        self._books.write(
            "UPDATE invoices SET state = 'SETTLED', preimage = ?, settle_index = ?, resolved_at = ?"
            " WHERE payment_hash = ?",
            *(preimage.hex(), settle_index, self._timetable.clock.now().isoformat(), invoice.payment_hash),
        )
        return self._changed(invoice.payment_hash)

    def cancel(self, payment_hash: str) -> Invoice:
        """Close an open invoice, or give a held one's money back. Cancelling twice is no error."""
        invoice = self._get(payment_hash)
        if invoice.state == "SETTLED":
            raise InvoiceRefused("invoice already settled")
        if invoice.state == "CANCELED":
            return invoice
        self._books.write(
            "UPDATE invoices SET state = 'CANCELED', resolved_at = ? WHERE payment_hash = ?",
            *(self._timetable.clock.now().isoformat(), payment_hash),
        )
        return self._changed(payment_hash)

    def mine(self, blocks: int) -> int:
        """Raise the chain; what is held and too close to its end is let go."""
        height = self.height + blocks
        self._books.remember("block_height", height)
        due = self._books.all(
            "SELECT payment_hash FROM invoices WHERE state = 'ACCEPTED' AND expiry_height <= ?",
            height + HOLD_EXPIRY_BLOCKS,
        )
        for row in due:
            self.cancel(row["payment_hash"])
        return height

    def _get(self, payment_hash: str) -> Invoice:
        invoice = self.find(payment_hash)
        if invoice is None:
            raise UnknownInvoice
        return invoice

    def _changed(self, payment_hash: str) -> Invoice:
        invoice = self._get(payment_hash)
        self.followers.tell(payment_hash, invoice)
        return invoice

    def _schedule_expiry(self, invoice: Invoice) -> None:
        self._timetable.at(invoice.expires_at, lambda _: self._expire(invoice.payment_hash))

    def _expire(self, payment_hash: str) -> None:
        invoice = self.find(payment_hash)
        if invoice is not None and invoice.state == "OPEN":
            self.cancel(payment_hash)
