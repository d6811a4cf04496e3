"""Those who follow single invoices: each gets every change, in order."""

import asyncio
from collections import defaultdict

from bitpesa.sandbox.invoice import Invoice

#: None ends the stream
Changes = asyncio.Queue[Invoice | None]


class Followers:
    def __init__(self) -> None:
        self._queues: defaultdict[str, set[Changes]] = defaultdict(set)

    def add(self, payment_hash: str) -> Changes:
        queue: Changes = asyncio.Queue()
        self._queues[payment_hash].add(queue)
        return queue

    def remove(self, payment_hash: str, queue: Changes) -> None:
        self._queues[payment_hash].discard(queue)
        if not self._queues[payment_hash]:
            del self._queues[payment_hash]

    def tell(self, payment_hash: str, invoice: Invoice) -> None:
        for queue in self._queues.get(payment_hash, ()):
            queue.put_nowait(invoice)

    def dismiss(self) -> None:
        """End every stream."""
        for queues in self._queues.values():
            for queue in queues:
                queue.put_nowait(None)
