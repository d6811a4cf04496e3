"""One Redis subscription for the process, fanned out to everybody who listens."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from frontend import live

log = structlog.get_logger(__name__)

CHANGED, IS_LIVE, IS_AWAY, OVER = "changed", "live", "away", "over"
#: an event and its data: what changed, or the state of the feed
Notice = tuple[str, str]

CONNECT_SECONDS = 1.0
SILENCE_SECONDS = 10.0
RETRY_SECONDS = 1.0
#: a listener this far behind has missed nothing: one "changed" says as much as ten
QUEUE_LENGTH = 16


class Feed:
    """Listens to Redis while the process lives. Without Redis nobody is told of changes, and everybody is told that."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: dict[str, set[asyncio.Queue[Notice]]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self.state = IS_AWAY

    def start(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop listening."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def end_streams(self) -> None:
        """Tell every listener to go: the process is about to stop."""
        self._tell_all((OVER, ""))

    @property
    def listeners(self) -> int:
        """How many there are."""
        return sum(len(queues) for queues in self._listeners.values())

    @contextmanager
    def listening(self, subject: str) -> Iterator[asyncio.Queue[Notice]]:
        """A queue of what concerns a subject, beginning with the state of the feed."""
        queue: asyncio.Queue[Notice] = asyncio.Queue(QUEUE_LENGTH)
        queue.put_nowait(("state", self.state))
        self._listeners[subject].add(queue)
        try:
            yield queue
        finally:
            self._listeners[subject].discard(queue)
            if not self._listeners[subject]:
                del self._listeners[subject]

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                if self.state == IS_LIVE:
                    log.warning("feed_away", error=type(error).__name__)
                self._enter(IS_AWAY)
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        client = Redis.from_url(
            self._url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=None, retry=Retry(NoBackoff(), 0)
        )
        async with client, client.pubsub() as subscription:
            await asyncio.wait_for(subscription.subscribe(live.CHANNEL), CONNECT_SECONDS)
            self._enter(IS_LIVE)
            while True:
                await self._pass_on(subscription)

    async def _pass_on(self, subscription: PubSub) -> None:
        """Wait for one message. A server that is silent and answers no ping either is gone."""
        message = await subscription.get_message(timeout=SILENCE_SECONDS)
        if message is None:
            await subscription.ping()
            message = await subscription.get_message(timeout=SILENCE_SECONDS)
            if message is None:
                raise RedisConnectionError("no answer to a ping")
        if message["type"] == "message":
            transaction_id = message["data"].decode()
            for subject in (live.subject_of(transaction_id), live.EVERYTHING):
                self._tell(self._listeners.get(subject, ()), (CHANGED, transaction_id))

    def _enter(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self._tell_all(("state", state))

    def _tell_all(self, notice: Notice) -> None:
        for queues in list(self._listeners.values()):
            self._tell(queues, notice)

    @staticmethod
    def _tell(queues: "set[asyncio.Queue[Notice]] | tuple[()]", notice: Notice) -> None:
        for queue in queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(notice)
