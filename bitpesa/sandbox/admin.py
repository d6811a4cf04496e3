"""The admin port: pay as a payer would, move clock and chain, plan faults, read the books."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from bitpesa.sandbox.faults import Fault
from bitpesa.sandbox.gate import Route, Routes
from bitpesa.sandbox.invoice import Invoice
from bitpesa.sandbox.invoices import InvoiceRefused, UnknownInvoice
from bitpesa.sandbox.server import Listener, Request, Response, json_response
from bitpesa.sandbox.world import World

WALLET_PATH = "/wallet/"
INVOICE_PATH = "/books/invoices/"
Answer = Mapping[str, object]


class Admin:
    """Answers in JSON; a refusal is {"error": …} with 400, 404 or 409."""

    def __init__(self, world: World, listeners: Mapping[str, Listener]) -> None:
        self._world = world
        self._listeners = listeners
        self._routes = Routes(
            {
                "POST /pay": _route(self.pay),
                f"GET {WALLET_PATH}*": _route(self.wallet),
                "GET /clock": _route(self.clock),
                "POST /clock": _route(self.advance),
                "POST /blocks": _route(self.mine),
                "POST /rates": _route(self.set_rates),
                "POST /float": _route(self.set_float),
                "GET /books/payouts": _route(self.payouts),
                f"GET {INVOICE_PATH}*": _route(self.invoice),
                "GET /books/messages": _route(self.messages),
                "GET /requests": _route(self.requests),
                "GET /faults": _route(self.planned),
                "POST /faults": _route(self.plan),
                "DELETE /faults": _route(self.clear_faults),
                "POST /listeners": Route("admin", self.switch_listeners),
                "POST /reset": Route("admin", self.reset),
                "GET /health": _route(self.health),
            }
        )

    async def __call__(self, request: Request) -> Response:
        route = self._routes.find(request)
        if route is None:
            return json_response({"error": "no such path"}, 404)
        try:
            return await route.handler(request)
        except UnknownInvoice as error:
            return json_response({"error": str(error)}, 404)
        except InvoiceRefused as error:
            return json_response({"error": str(error)}, 409)
        except (KeyError, TypeError, ValueError) as error:
            return json_response({"error": f"{type(error).__name__}: {error}"}, 400)

    def pay(self, request: Request) -> Answer:
        """Pay as a wallet does: the sats are held until the node settles or cancels."""
        invoice = self._world.invoices.find_bolt11(str(_given(request)["bolt11"]))
        if invoice is None:
            raise UnknownInvoice
        amount_msat = _whole(request, "amount_msat", invoice.value_msat)
        return _wallet_view(self._world.invoices.accept(invoice.payment_hash, amount_msat))

    def wallet(self, request: Request) -> Answer:
        return _wallet_view(self._invoice(request.path.removeprefix(WALLET_PATH)))

    def clock(self, _: Request) -> Answer:
        clock = self._world.clock
        return {
            "now": clock.now().isoformat(),
            "offset_seconds": int(clock.offset.total_seconds()),
            "block_height": self._world.invoices.height,
        }

    def advance(self, request: Request) -> Answer:
        self._world.advance(_whole(request, "advance_seconds"))
        return self.clock(request)

    def mine(self, request: Request) -> Answer:
        blocks = _whole(request, "mine")
        if blocks < 0:
            raise ValueError("the chain does not shrink")
        return {"block_height": self._world.invoices.mine(blocks)}

    def set_rates(self, request: Request) -> Answer:
        given = _given(request)
        price, mode = given.get("kes_per_btc"), given.get("mode")
        return self._world.rates.set_price(None if price is None else str(price), None if mode is None else str(mode))

    def set_float(self, request: Request) -> Answer:
        self._world.accounts.set_utility(_whole(request, "utility_kes"))
        return self._world.accounts.balances()._asdict()

    def payouts(self, request: Request) -> Answer:
        wanted = {name: request.query.get(name, "") for name in ("msisdn", "reference")}
        payouts = self._world.payments.listed(**wanted)
        paid_kes = [int(str(payout["amount_kes"])) for payout in payouts if payout["state"] == "paid"]
        return {"payouts": payouts, "paid": len(paid_kes), "paid_kes": sum(paid_kes)}

    def invoice(self, request: Request) -> Answer:
        invoice = asdict(self._invoice(request.path.removeprefix(INVOICE_PATH)))
        times = {name: invoice[name] and invoice[name].isoformat() for name in invoice if name.endswith("_at")}
        return {**invoice, **times}

    def messages(self, request: Request) -> Answer:
        return {"messages": self._world.messages.listed(request.query.get("reference", ""))}

    def requests(self, request: Request) -> Answer:
        return {"requests": self._world.log.entries(request.query.get("operation", ""))}

    def planned(self, _: Request) -> Answer:
        return self._world.faults.planned()

    def plan(self, request: Request) -> Answer:
        given = _given(request)
        argument = given.get("argument")
        if not isinstance(argument, str | int | float | None):
            raise TypeError("argument must be a number or a string")
        fault = Fault(str(given["fault"]), argument)
        self._world.faults.plan(str(given["operation"]), fault, _whole(request, "times", 1))
        return self.planned(request)

    def clear_faults(self, _: Request) -> Answer:
        self._world.faults.clear()
        return {}

    def health(self, _: Request) -> Answer:
        return {"status": "ok", "ports": {name: listener.port for name, listener in self._listeners.items()}}

    async def switch_listeners(self, request: Request) -> Response:
        """Really close a listening socket, or open it again on the same port."""
        given = _given(request)
        for name, state in given.items():
            if state not in {"up", "down"}:
                raise ValueError("a listener is up or down")
            listener = self._listeners[name]
            await (listener.open() if state == "up" else listener.close())
        return json_response(given)

    async def reset(self, _: Request) -> Response:
        self._world.reset()
        for listener in self._listeners.values():
            await listener.open()
        return json_response({})

    def _invoice(self, payment_hash: str) -> Invoice:
        invoice = self._world.invoices.find(payment_hash)
        if invoice is None:
            raise UnknownInvoice
        return invoice


def _route(answer: Callable[[Request], Answer]) -> Route:
    async def handler(request: Request) -> Response:
        return json_response(answer(request))

    return Route("admin", handler)


def _given(request: Request) -> dict[str, object]:
    if request.fields is None:
        raise ValueError("the body must be a JSON object")
    return request.fields


def _whole(request: Request, name: str, otherwise: int | None = None) -> int:
    value = _given(request).get(name, otherwise)
    if type(value) is not int:
        raise TypeError(f"{name} must be a whole number")
    return value


def _wallet_view(invoice: Invoice) -> Answer:
    """What the payer's wallet shows; the preimage is the payer's proof of payment."""
    was_held = invoice.accepted_at is not None
    status = {"ACCEPTED": "pending", "SETTLED": "paid", "CANCELED": "refunded" if was_held else "unpaid"}
    return {
        "payment_hash": invoice.payment_hash,
        "state": invoice.state,
        "status": status.get(invoice.state, "unpaid"),
        "amount_msat": invoice.amt_paid_msat,
        "expiry_height": invoice.expiry_height,
        "preimage": invoice.preimage or None,
    }
