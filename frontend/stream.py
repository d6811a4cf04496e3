"""Server-sent events at `/live/<token>`: a plain ASGI callable, so that a waiting page costs a queue and a socket."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from types import FrameType
from typing import Any

from django.conf import settings
from django.core import signing

from frontend import live
from frontend.feed import OVER, Feed, Notice

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEARTBEAT_SECONDS = 15.0
MAX_LISTENERS = 5_000
#: how long a browser waits before it connects again
RETRY_MILLISECONDS = 2_000
PREFIX = "/live/"


class LiveStream:
    """The live process: streams, and one address at which it says that it lives."""

    def __init__(self) -> None:
        self._feed = Feed(settings.REDIS_URL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, or follow the server's start and stop."""
        if scope["type"] == "lifespan":
            await self._live_and_die(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live_and_die(self, receive: Receive, send: Send) -> None:
        await receive()
        self._feed.start()
        self._end_streams_on_signals()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._feed.stop()
        await send({"type": "lifespan.shutdown.complete"})

    def _end_streams_on_signals(self) -> None:
        """A server that stops waits for its streams to end, and a stream has no end of its own."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            servers_own = signal.getsignal(number)

            def stop(caught: int, frame: FrameType | None, then: Any = servers_own) -> None:
                loop.call_soon_threadsafe(self._feed.end_streams)
                if callable(then):
                    then(caught, frame)

            signal.signal(number, stop)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/health/live":
            await _plain(send, 200, "ok")
        elif not path.startswith(PREFIX) or scope["method"] != "GET":
            await _plain(send, 404, "not found")
        elif self._feed.listeners >= MAX_LISTENERS:
            await _plain(send, 503, "too many listeners")
        else:
            await self._open(path.removeprefix(PREFIX), receive, send)

    async def _open(self, token: str, receive: Receive, send: Send) -> None:
        try:
            subject = live.subject_in(token)
        except signing.BadSignature:
            await _plain(send, 403, "this address has expired: load the page again")
            return
        await send(_start(200, "text/event-stream", (b"x-accel-buffering", b"no")))
        await _write(send, f"retry: {RETRY_MILLISECONDS}\n\n")
        with self._feed.listening(subject) as queue:
            gone = asyncio.create_task(_until_disconnected(receive))
            pump = asyncio.create_task(_pump(queue, send))
            done, _ = await asyncio.wait({gone, pump}, return_when=asyncio.FIRST_COMPLETED)
            for task in {gone, pump} - done:
                task.cancel()
            await asyncio.gather(gone, pump, return_exceptions=True)
        await send({"type": "http.response.body", "body": b""})


async def _pump(queue: asyncio.Queue[Notice], send: Send) -> None:
    """Write what comes until the process stops, and a comment now and then so that nobody in between hangs up."""
    while True:
        try:
            event, data = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
        except TimeoutError:
            await _write(send, ": still here\n\n")
            continue
        if event == OVER:
            return
        await _write(send, f"event: {event}\ndata: {data}\n\n")


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _start(status: int, content_type: str, *headers: tuple[bytes, bytes]) -> Message:
    common = [
        (b"content-type", content_type.encode()),
        (b"cache-control", b"no-store"),
        (b"access-control-allow-origin", settings.PUBLIC_URL.encode()),
        (b"vary", b"origin"),
        (b"x-content-type-options", b"nosniff"),
    ]
    return {"type": "http.response.start", "status": status, "headers": [*common, *headers]}


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _plain(send: Send, status: int, text: str) -> None:
    await send(_start(status, "text/plain"))
    await send({"type": "http.response.body", "body": text.encode()})
