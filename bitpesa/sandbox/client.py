"""The admin port from Python, for tests and demonstrations."""

from typing import Any

import httpx2

Json = dict[str, Any]


class SandboxRefused(Exception):
    """The sandbox said no: an expired invoice, an unknown fault, an unknown hash."""


class SandboxAdmin:
    """One sandbox, by the address of its admin port."""

    def __init__(self, url: str) -> None:
        self._http = httpx2.Client(base_url=url, timeout=10, trust_env=False)

    def pay(self, bolt11: str, amount_msat: int | None = None) -> Json:
        """Pay an invoice as a wallet does. Raises SandboxRefused when it is expired, cancelled or held already."""
        return self._post("/pay", bolt11=bolt11, amount_msat=amount_msat)

    def wallet(self, payment_hash: str) -> Json:
        """The payer's view: `status` unpaid, pending, paid or refunded, and the preimage once paid."""
        return self._get(f"/wallet/{payment_hash}")

    def clock(self) -> Json:
        return self._get("/clock")

    def advance(self, seconds: int) -> Json:
        return self._post("/clock", advance_seconds=seconds)

    def mine(self, blocks: int) -> int:
        return int(self._post("/blocks", mine=blocks)["block_height"])

    def fault(self, operation: str, fault: str, times: int = 1, argument: str | float | None = None) -> None:
        """Plan a fault: see `bitpesa.sandbox.faults.OPERATIONS`."""
        self._post("/faults", operation=operation, fault=fault, times=times, argument=argument)

    def clear_faults(self) -> None:
        self._send("DELETE", "/faults")

    def payouts(self, msisdn: str | None = None, reference: str | None = None) -> Json:
        """What was accepted: `payouts`, and of those how many (`paid`) and how much (`paid_kes`) really moved."""
        return self._get("/books/payouts", msisdn=msisdn, reference=reference)

    def invoice(self, payment_hash: str) -> Json:
        return self._get(f"/books/invoices/{payment_hash}")

    def messages(self, reference: str | None = None) -> list[Json]:
        """Messages sent or waiting, with `state` waiting, delivered or undelivered."""
        return list(self._get("/books/messages", reference=reference)["messages"])

    def requests(self, operation: str | None = None) -> list[Json]:
        """The last thousand requests that arrived; `status` is None where the connection was cut."""
        return list(self._get("/requests", operation=operation)["requests"])

    def listeners(self, **states: str) -> None:
        """Open and close listening sockets: `daraja="down"`, `lnd="up"`."""
        self._post("/listeners", **states)

    def set_rate(self, kes_per_btc: str | None = None, mode: str | None = None) -> Json:
        return self._post("/rates", kes_per_btc=kes_per_btc, mode=mode)

    def set_float(self, utility_kes: int) -> Json:
        return self._post("/float", utility_kes=utility_kes)

    def reset(self) -> None:
        self._post("/reset")

    def health(self) -> Json:
        return self._get("/health")

    def close(self) -> None:
        self._http.close()

    def _get(self, path: str, **query: str | None) -> Json:
        return self._send("GET", path, params={name: value for name, value in query.items() if value is not None})

    def _post(self, path: str, **fields: object) -> Json:
        return self._send("POST", path, json={name: value for name, value in fields.items() if value is not None})

    def _send(self, method: str, path: str, **options: Any) -> Json:
        response = self._http.request(method, path, **options)
        answer: Json = response.json()
        if response.is_error:
            raise SandboxRefused(answer["error"])
        return answer
