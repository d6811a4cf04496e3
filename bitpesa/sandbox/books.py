"""The sandbox's books: one SQLite file, written through at every change, so that a restart forgets nothing.

Instants are stored as ISO 8601 text in UTC. The file survives the end of the process, not a power cut: it is a
simulator's memory, and waiting for the disk would make it slower than what it stands for.
"""

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import TypeVar

Value = TypeVar("Value", int, str)

TABLES = ("payments", "arrivals", "questions", "messages", "invoices", "facts")

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS payments (
    reference TEXT PRIMARY KEY, conversation_id TEXT NOT NULL, receipt TEXT NOT NULL UNIQUE,
    msisdn TEXT NOT NULL, amount_kes INTEGER NOT NULL, charge_cents INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL, planned_code TEXT NOT NULL, result_code TEXT NOT NULL DEFAULT '', fault TEXT NOT NULL,
    accepted_at TEXT NOT NULL, process_at TEXT NOT NULL, finished_at TEXT,
    result_url TEXT NOT NULL, timeout_url TEXT NOT NULL, request TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS payments_by_msisdn ON payments (msisdn);
CREATE INDEX IF NOT EXISTS payments_queued ON payments (process_at) WHERE state = 'queued';
CREATE TABLE IF NOT EXISTS arrivals (
    msisdn TEXT NOT NULL, day TEXT NOT NULL, received_kes INTEGER NOT NULL, PRIMARY KEY (msisdn, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS questions (
    conversation_id TEXT PRIMARY KEY, originator_id TEXT NOT NULL, kind TEXT NOT NULL,
    reference TEXT NOT NULL, receipt TEXT NOT NULL, planned_code TEXT NOT NULL, fault TEXT NOT NULL,
    result_url TEXT NOT NULL, timeout_url TEXT NOT NULL, answer_at TEXT NOT NULL,
    is_answered INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS questions_waiting ON questions (answer_at) WHERE is_answered = 0;
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, reference TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL,
    send_at TEXT NOT NULL, state TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS messages_by_reference ON messages (reference);
CREATE INDEX IF NOT EXISTS messages_waiting ON messages (send_at) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS invoices (
    add_index INTEGER PRIMARY KEY, payment_hash TEXT NOT NULL UNIQUE, bolt11 TEXT NOT NULL UNIQUE, memo TEXT NOT NULL,
    description_hash TEXT NOT NULL, payment_secret TEXT NOT NULL, value_msat INTEGER NOT NULL,
    expiry_seconds INTEGER NOT NULL, cltv_expiry INTEGER NOT NULL, is_private INTEGER NOT NULL,
    state TEXT NOT NULL, created_at TEXT NOT NULL, accepted_at TEXT, resolved_at TEXT,
    amt_paid_msat INTEGER NOT NULL DEFAULT 0, accept_height INTEGER NOT NULL DEFAULT 0,
    expiry_height INTEGER NOT NULL DEFAULT 0, settle_index INTEGER NOT NULL DEFAULT 0,
    preimage TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS invoices_pending ON invoices (add_index) WHERE state IN ('OPEN', 'ACCEPTED');
CREATE INDEX IF NOT EXISTS invoices_held ON invoices (expiry_height) WHERE state = 'ACCEPTED';
"""


class Books:
    """Rows by SQL, and single facts (float, block height, price) by name."""

    def __init__(self, path: Path) -> None:
        self._commit: asyncio.Handle | None = None
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(SCHEMA)
        self._facts: dict[str, int | str] = {
            row["name"]: json.loads(row["value"]) for row in self.all("SELECT * FROM facts")
        }

    def write(self, sql: str, *values: object) -> int:
        """Execute one statement; returns the id of an inserted row.

        What one turn of the event loop writes is one transaction: a payment moves whole, and commits are few.
        """
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN")
            self._commit = asyncio.get_running_loop().call_soon(self._connection.commit)
        return self._connection.execute(sql, values).lastrowid or 0

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def recall(self, name: str, otherwise: Value) -> Value:
        return type(otherwise)(self._facts.get(name, otherwise))

    def remember(self, name: str, value: int | str) -> None:
        self._facts[name] = value
        self.write(
            "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            *(name, json.dumps(value)),
        )

    def empty(self) -> None:
        for table in TABLES:
            self.write(f"DELETE FROM {table}")  # noqa: S608 - the names are the constants above
        self._facts.clear()

    def close(self) -> None:
        if self._commit is not None:
            self._commit.cancel()
        self._connection.commit()
        self._connection.close()
