"""Payments asked for at our own public form: a client like any other, whose keys come hidden in its pages."""

from datetime import datetime
from uuid import UUID

from transactions.services import api_clients, idempotency, invoices
from transactions.services.idempotency import Answer

CLIENT = "Public form"


def send_money(*, phone: str, amount_kes: int, key: UUID, at: datetime) -> UUID:
    """Accept a payment once for each key, however often its button is pressed; returns the transaction's id.

    Raises what `invoices.request` and `idempotency.once` raise; then nothing is written.
    """
    client = api_clients.find_or_make_client(CLIENT, at=at)
    wanted = invoices.PaymentRequest(type="send_money", amount_kes=amount_kes, recipient={"phone": phone})

    def work() -> Answer:
        row = invoices.request(wanted, client=client, at=at)
        return Answer(status=303, location="", body=str(row.id).encode())

    answer = idempotency.once(
        client=client,
        key=str(key),
        operation="public form",
        fields={"phone": phone, "amount_kes": amount_kes},
        at=at,
        work=work,
    )
    return UUID(answer.body.decode())
