"""Messages the sandbox sends out: one POST each, at their time on the sandbox clock, never repeated.

As Daraja: whoever cannot be reached has missed it. What became of every message stays in the books.
"""

import asyncio
import json
from datetime import datetime
from urllib.parse import urlsplit

from bitpesa.sandbox.books import Books
from bitpesa.sandbox.clock import Timetable

TIMEOUT_SECONDS = 5
#: messages on the wire at once
CONCURRENT = 64


class Messages:
    """Messages by kind (b2c_result, queue_timeout, forged, query_answer) and by the reference they are about."""

    def __init__(self, books: Books, timetable: Timetable) -> None:
        self._books = books
        self._timetable = timetable
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._wire = asyncio.Semaphore(CONCURRENT)

    def send(self, kind: str, reference: str, url: str, body: str, at: datetime) -> None:
        message_id = self._books.write(
            "INSERT INTO messages (kind, reference, url, body, send_at, state) VALUES (?, ?, ?, ?, ?, 'waiting')",
            *(kind, reference, url, body, at.isoformat()),
        )
        self._schedule(message_id, reference, url, body, at)

    def resume(self) -> None:
        """Take up what was waiting when the sandbox stopped."""
        for row in self._books.all("SELECT * FROM messages WHERE state = 'waiting'"):
            send_at = datetime.fromisoformat(row["send_at"])
            self._schedule(row["id"], row["reference"], row["url"], row["body"], send_at)

    async def deliver_now(self, reference: str) -> None:
        """Wait until what is on its way about `reference` has arrived or failed."""
        under_way = [task for task, about in self._tasks.items() if about == reference]
        await asyncio.gather(*under_way)

    def listed(self, reference: str) -> list[dict[str, object]]:
        rows = self._books.all("SELECT * FROM messages WHERE reference = ? OR ? = '' ORDER BY id", reference, reference)
        return [{**dict(row), "body": json.loads(row["body"])} for row in rows]

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _schedule(self, message_id: int, reference: str, url: str, body: str, at: datetime) -> None:
        if at <= self._timetable.clock.now():
            self._start(message_id, reference, url, body)
        else:
            self._timetable.at(at, lambda _: self._start(message_id, reference, url, body))

    def _start(self, message_id: int, reference: str, url: str, body: str) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(message_id, url, body))
        self._tasks[task] = reference
        task.add_done_callback(self._tasks.pop)

    async def _deliver(self, message_id: int, url: str, body: str) -> None:
        try:
            async with self._wire, asyncio.timeout(TIMEOUT_SECONDS):
                outcome = await _post(url, body.encode())
            state = "delivered"
        except (OSError, TimeoutError) as error:
            state, outcome = "undelivered", f"{type(error).__name__}: {error}"
        self._books.write("UPDATE messages SET state = ?, outcome = ? WHERE id = ?", state, outcome, message_id)


async def _post(url: str, body: bytes) -> str:
    """POST to a plain http address; returns the status line of the answer."""
    parts = urlsplit(url)
    if parts.scheme != "http":
        raise OSError("the sandbox speaks plain http only")
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        status_line = await reader.readline()
        if not status_line:
            raise ConnectionResetError("closed without an answer")
        return status_line.decode("latin-1").strip()
    finally:
        writer.close()
