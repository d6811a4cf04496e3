"""A small HTTP/1.1 server that owns its socket: it can reset a connection, lose an answer, or stop listening.

It listens on 127.0.0.1 only. h11 speaks the protocol; what is served is a function from Request to Response.
"""

import asyncio
import json
import logging
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

import h11

HOST = "127.0.0.1"
MAX_BODY_BYTES = 1_000_000
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
logger = logging.getLogger(__name__)


class Cut(Exception):
    """Reset the connection instead of answering."""


class Request:
    """One request, whole. `fields` is its body as a JSON object, or None if it is none."""

    def __init__(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        path, _, query = target.partition("?")
        self.method = method
        self.path = unquote(path)
        self.query: dict[str, str] = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
        self.headers = headers
        self.body = body
        self.fields: dict[str, object] | None = _json_object(body)


def _json_object(body: bytes) -> dict[str, object] | None:
    try:
        value = json.loads(body) if body else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


@dataclass(slots=True)
class Response:
    """An answer: `body`, or `lines` to be streamed as they come."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    lines: AsyncGenerator[bytes, None] | None = None


def json_response(value: object, status: int = 200) -> Response:
    return Response(status, json.dumps(value, separators=(",", ":")).encode())


Application = Callable[[Request], Awaitable[Response]]


class Listener:
    """One listening socket. Opened again after a close, it takes the same port."""

    def __init__(self, application: Application, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.port = port
        self._application = application
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._conversations: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._begin, HOST, self.port, ssl=self._tls, backlog=1024)
            self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and drop every connection: whoever calls now is refused."""
        if self._server is not None:
            self._server.close()
            for conversation in self._conversations:
                conversation.cancel()
            await asyncio.gather(*self._conversations, return_exceptions=True)
            self._server = None

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._conversations.add(conversation)
        conversation.add_done_callback(self._conversations.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await Conversation(self._application, reader, writer).hold()
        except (ConnectionError, ssl.SSLError):
            logger.debug("the client went away")
        except (Cut, asyncio.CancelledError):
            _reset(writer)
        finally:
            writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()


class Conversation:
    """One connection: requests and answers in turn, until a side ends it."""

    def __init__(self, application: Application, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._application = application
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER)

    async def hold(self) -> None:
        try:
            while request := await self._read():
                await self._answer(await self._respond(request))
                if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                    return
                self._http.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await self._answer_nonsense(error)

    async def _respond(self, request: Request) -> Response:
        try:
            return await self._application(request)
        except (Cut, ConnectionError):
            raise
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            return json_response({"error": "the sandbox itself failed: see its log"}, 500)

    async def _read(self) -> Request | None:
        head = await self._next_event()
        if not isinstance(head, h11.Request):
            return None
        body = bytearray()
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            if len(body) > MAX_BODY_BYTES:
                raise h11.RemoteProtocolError("body too large", error_status_hint=413)
        if not isinstance(event, h11.EndOfMessage):
            return None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        return Request(head.method.decode(), head.target.decode("latin-1"), headers, bytes(body))

    async def _next_event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(await self._reader.read(65536))
        return event

    async def _answer(self, response: Response) -> None:
        headers = [("content-type", response.content_type), *response.headers.items()]
        if response.lines is not None:
            self._send(h11.Response(status_code=response.status, headers=headers))
            await self._stream(response.lines)
            self._send(h11.EndOfMessage())
        else:
            headers.append(("content-length", str(len(response.body))))
            head = h11.Response(status_code=response.status, headers=headers)
            self._send(head, h11.Data(data=response.body), h11.EndOfMessage())
        await self._writer.drain()

    def _send(self, *events: h11.Event) -> None:
        self._writer.write(b"".join([self._http.send(event) or b"" for event in events]))

    async def _stream(self, lines: AsyncGenerator[bytes, None]) -> None:
        """Send lines as they come; end when they end, or when the client goes away."""
        gone = asyncio.ensure_future(self._reader.read(1))
        sending = asyncio.ensure_future(self._send_lines(lines))
        try:
            await asyncio.wait((gone, sending), return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise ConnectionResetError("the client of a stream went away")
            sending.result()
        finally:
            gone.cancel()
            sending.cancel()

    async def _send_lines(self, lines: AsyncGenerator[bytes, None]) -> None:
        async with aclosing(lines):
            async for line in lines:
                self._send(h11.Data(data=line))
                await self._writer.drain()

    async def _answer_nonsense(self, error: h11.RemoteProtocolError) -> None:
        if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            await self._answer(Response(error.error_status_hint, str(error).encode(), "text/plain"))
