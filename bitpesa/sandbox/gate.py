"""The way in: finds the route of a request, notes it in the log, and lets the planned fault happen to it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from bitpesa.sandbox.broken import Absent, Answers
from bitpesa.sandbox.clock import Clock
from bitpesa.sandbox.faults import Fault, FaultPlan
from bitpesa.sandbox.server import Cut, Request, Response

Handler = Callable[[Request], Awaitable[Response]]


def _nothing(_: Request) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `subject` reads what it is about (reference or payment hash), `party` the phone number."""

    operation: str
    handler: Handler
    subject: Callable[[Request], str] = _nothing
    party: Callable[[Request], str] = _nothing


class Routes:
    """Routes by method and path; a path that ends in `/*` stands for everything under it."""

    def __init__(self, routes: Mapping[str, Route]) -> None:
        self._exact = {key: route for key, route in routes.items() if not key.endswith("/*")}
        self._under = {key[:-1]: route for key, route in routes.items() if key.endswith("/*")}
        self._paths = {key.split(" ", 1)[1] for key in self._exact}

    def find(self, request: Request) -> Route | None:
        key = f"{request.method} {request.path}"
        return self._exact.get(key) or next((r for prefix, r in self._under.items() if key.startswith(prefix)), None)

    def knows_path(self, path: str) -> bool:
        return path in self._paths


@dataclass(slots=True)
class Arrival:
    """A request that arrived: `status` is None when its connection was cut or it is still being answered."""

    at: datetime
    operation: str
    reference: str
    fault: str = ""
    status: int | None = None


class RequestLog:
    """The last thousand requests."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._arrivals: deque[Arrival] = deque(maxlen=1000)

    def add(self, operation: str, reference: str) -> Arrival:
        arrival = Arrival(self._clock.now(), operation, reference)
        self._arrivals.append(arrival)
        return arrival

    def entries(self, operation: str) -> list[dict[str, object]]:
        chosen = [arrival for arrival in self._arrivals if operation in {"", arrival.operation}]
        return [{**asdict(arrival), "at": arrival.at.isoformat()} for arrival in chosen]

    def clear(self) -> None:
        self._arrivals.clear()


class Gate:
    """Serves one listener's routes. `broken` are the canned answers of that listener's faults."""

    def __init__(
        self,
        routes: Routes,
        *,
        log: RequestLog,
        faults: FaultPlan,
        broken: Answers,
        absent: Absent,
        kill_token: Callable[[], None],
    ) -> None:
        self._routes = routes
        self._log = log
        self._faults = faults
        self._broken = broken
        self._absent = absent
        self._kill_token = kill_token

    async def __call__(self, request: Request) -> Response:
        route = self._routes.find(request)
        if route is None:
            return self._absent(self._routes.knows_path(request.path))
        arrival = self._log.add(route.operation, route.subject(request))
        fault = self._faults.take(route.operation, route.party(request))
        arrival.fault = fault.name
        response = await self._carry_out(route, request, fault)
        arrival.status = response.status
        return response

    async def _carry_out(self, route: Route, request: Request, fault: Fault) -> Response:
        broken = self._broken.get(fault.name)
        if broken is not None and fault.name != "internal_error_but_done":
            return broken()
        await self._happen_before(fault)
        response = await route.handler(request)
        await _happen_after(fault)
        return broken() if broken else response

    async def _happen_before(self, fault: Fault) -> None:
        if fault.name == "token_killed":
            self._kill_token()
        if fault.name == "hang_before":
            await asyncio.sleep(fault.seconds(10))
        if fault.name in {"cut_request", "hang_before"}:
            raise Cut


async def _happen_after(fault: Fault) -> None:
    if fault.name == "hang":
        await asyncio.sleep(fault.seconds(10))
    if fault.name == "lose_reply":
        raise Cut
