"""The money of the simulated M-Pesa: the organisation's accounts, and what customers received."""

from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from bitpesa.sandbox.books import Books

EAST_AFRICA_TIME = timezone(timedelta(hours=3))
UTILITY_START_CENTS = 10_000_000_00
WORKING_CENTS = 1_199_371_00

MIN_KES = 10
MAX_KES = 250_000
DAILY_KES = 500_000
MAX_BALANCE_KES = 500_000

#: B2C to registered customers, paid by the business: up to so many shillings → fee in shillings.
#: Source: Safaricom's bulk tariff form; the bands above 15,000 are an assumption.
TARIFF_KES = ((100, 0), (1_500, 5), (5_000, 9), (20_000, 11), (MAX_KES, 13))

#: numbers of people without M-Pesa, and what M-Pesa says of numbers that are no mobile of its own
UNREGISTERED_PREFIX = "254799999"
MOBILE_PREFIXES = ("2547", "2541")

NAMES = ("Achieng Odhiambo", "Baraka Mwangi", "Chebet Kiptoo", "Daudi Njoroge", "Esther Wanjiku", "Fatuma Hassan")


class Balances(NamedTuple):
    utility_cents: int
    working_cents: int
    #: below zero: what the organisation owes in fees
    charges_cents: int


def charge_cents(amount_kes: int) -> int:
    return 100 * next(fee_kes for up_to_kes, fee_kes in TARIFF_KES if amount_kes <= up_to_kes)


def public_name(msisdn: str) -> str:
    """A number and its holder's name, as M-Pesa writes them."""
    name = "John Doe" if msisdn == "254708374149" else NAMES[int(msisdn) % len(NAMES)]
    return f"{msisdn} - {name}"


class Accounts:
    def __init__(self, books: Books) -> None:
        self._books = books

    def balances(self) -> Balances:
        utility_cents = self._books.recall("utility_cents", UTILITY_START_CENTS)
        return Balances(utility_cents, WORKING_CENTS, self._books.recall("charges_cents", 0))

    def set_utility(self, utility_kes: int) -> None:
        self._books.remember("utility_cents", utility_kes * 100)

    def refusal(self, msisdn: str, amount_kes: int, at: datetime) -> str:
        """Return the ResultCode that speaks against paying, or ""."""
        if not msisdn.startswith(MOBILE_PREFIXES):
            return "SFC_IC0003"
        if msisdn.startswith(UNREGISTERED_PREFIX):
            return "2040"
        if not MIN_KES <= amount_kes <= MAX_KES:
            return "2" if amount_kes < MIN_KES else "3"
        return self._customer_refusal(msisdn, amount_kes, at) or self._float_refusal(amount_kes)

    def pay(self, msisdn: str, amount_kes: int, at: datetime) -> int:
        """Move the money; returns the charge in cents."""
        balances, fee_cents = self.balances(), charge_cents(amount_kes)
        self._books.remember("utility_cents", balances.utility_cents - amount_kes * 100)
        self._books.remember("charges_cents", balances.charges_cents - fee_cents)
        self._books.write(
            "INSERT INTO arrivals VALUES (?, ?, ?)"
            " ON CONFLICT (msisdn, day) DO UPDATE SET received_kes = received_kes + excluded.received_kes",
            *(msisdn, _day(at), amount_kes),
        )
        return fee_cents

    def _customer_refusal(self, msisdn: str, amount_kes: int, at: datetime) -> str:
        """A customer is taken to have spent what arrived before yesterday."""
        today_kes = self._received_kes(msisdn, _day(at))
        balance_kes = today_kes + self._received_kes(msisdn, _day(at - timedelta(days=1)))
        if today_kes + amount_kes > DAILY_KES:
            return "4"
        return "8" if balance_kes + amount_kes > MAX_BALANCE_KES else ""

    def _float_refusal(self, amount_kes: int) -> str:
        return "1" if amount_kes * 100 > self.balances().utility_cents else ""

    def _received_kes(self, msisdn: str, day: str) -> int:
        row = self._books.one("SELECT received_kes FROM arrivals WHERE msisdn = ? AND day = ?", msisdn, day)
        return int(row["received_kes"]) if row else 0


def _day(at: datetime) -> str:
    return at.astimezone(EAST_AFRICA_TIME).date().isoformat()
