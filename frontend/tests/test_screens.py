"""Every screen in a real browser: narrow and wide, light and dark. What is seen is kept in `screenshots/`."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from frontend import times
from frontend.tests import day, live_process, payments
from transactions.models import ApiKey, Transaction

CHROMIUM = Path("/usr/bin/chromium")
PICTURES = Path(settings.BASE_DIR) / "screenshots"
FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
WIDTHS = (360, 1440)
SCHEMES = ("light", "dark")
#: every status is looked at in the light, these in the dark as well
SEEN_IN_THE_DARK = ("awaiting_payment", "payout_uncertain", "completed", "refunding")
ADMIN_PAGES = {
    "": "admin",
    "transactions/transaction/": "admin-transactions",
    "transactions/apikey/": "admin-keys",
    "transactions/payoutattempt/": "admin-attempts",
    "auth/user/add/": "admin-user-new",
    "password_change/": "admin-password",
}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}")

LOOK = (Path(__file__).parent / "look.js").read_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread, and these tests make rows beside it.
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with sync_playwright() as playwright:
            yield playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)


@pytest.fixture
def site(live_url: str, settings: Any) -> Iterator[str]:
    """The whole site: pages from one process, hints from another."""
    with live_process.running(public_url=live_url) as (stream_url, _):
        settings.LIVE_URL = stream_url
        policy = settings.CONTENT_SECURITY_POLICY
        directives = {**policy["DIRECTIVES"], "connect-src": ["'self'", stream_url]}
        settings.CONTENT_SECURITY_POLICY = {**policy, "DIRECTIVES": directives}
        yield live_url


class Visitor:
    """One browser window, which remembers everything that went wrong in it."""

    def __init__(self, browser: Any, site: str, *, width: int = 1440, scheme: str = "light", **options: Any) -> None:
        self.name = f"{width}-{scheme}"
        self.site = site
        self.complaints: list[str] = []
        size = {"width": width, "height": 780 if width < 500 else 900}
        self.context = browser.new_context(viewport=size, color_scheme=scheme, **options)
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def sign_in(self) -> None:
        client = Client()
        client.force_login(User.objects.create_superuser("operator", password="correct horse"))
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": self.site}])

    def look_at(self, path: str, picture: str, *, answer: int = 200) -> None:
        """Go there and look."""
        self.page.goto(self.site + path)
        self.page.wait_for_timeout(150)
        self.look(picture, answer=answer)

    def look(self, picture: str, *, answer: int = 200) -> None:
        """Keep a picture of the page, and note what does not look right. An answer that is expected is no complaint."""
        PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{picture}-{self.name}.png", full_page=True)
        self.complaints += [f"{picture} {found}" for found in self.page.evaluate(LOOK)]
        self.complaints = [words for words in self.complaints if f"status of {answer} " not in words]


@pytest.fixture
def visit(browser: Any, live_url: str) -> Iterator[Callable[..., Visitor]]:
    """Open windows, and close them before the database goes."""
    visitors: list[Visitor] = []

    def open_window(**options: Any) -> Visitor:
        visitors.append(Visitor(browser, live_url, **options))
        return visitors[-1]

    yield open_window
    for visitor in visitors:
        visitor.context.close()


@pytest.fixture
def afternoon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Twenty to four in Nairobi, whenever this runs: a day with enough behind it to look like one."""
    now = timezone.now
    ahead = times.starts_at(times.day_of(now())) + timedelta(hours=15, minutes=40) - now()
    monkeypatch.setattr(timezone, "now", lambda: now() + ahead)
    return timezone.now()


@pytest.fixture
def rows(live_url: str, afternoon: datetime) -> dict[str, Transaction]:
    """The latest payment of each status that a day has."""
    return day.make(afternoon)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_checkout_fits_its_screen_in_every_status(visit, site, width, scheme):
    visitor = visit(width=width, scheme=scheme)
    for status in payments.STATUSES if scheme == "light" else SEEN_IN_THE_DARK:
        row = payments.make(status, at=timezone.now() - timedelta(seconds=12), amount_kes=2_500)
        visitor.look_at(f"/pay/{row.id}", f"pay-{status}")

    assert visitor.complaints == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_form_fits_its_screen_whatever_it_has_to_say(visit, site, width, scheme):
    visitor = visit(width=width, scheme=scheme)
    visitor.look_at("/login/", "login")
    visitor.look_at("/no-such-page", "not-found", answer=404)
    visitor.look_at("/send?amount_kes=2500", "send-no-price")
    payments.price(timezone.now())
    visitor.look_at("/send", "send")
    visitor.page.fill("#phone", "0712 345 678")
    visitor.page.fill("#amount_kes", "2,500")
    visitor.page.wait_for_selector(".all-in")
    visitor.look("send-priced")
    for phone, amount_kes in (("0512 345 678", "2,500"), ("0712 345 678", "3")):
        visitor.page.fill("#phone", phone)
        visitor.page.fill("#amount_kes", amount_kes)
        visitor.page.click("text=Get the invoice")
        visitor.page.wait_for_selector(".wrong")
        visitor.look("send-wrong-phone" if amount_kes != "3" else "send-wrong-amount", answer=422)
    payments.stop(timezone.now())
    visitor.look_at("/send?amount_kes=2500", "send-stopped")

    assert visitor.complaints == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_dashboard_fits_its_screen(visit, site, rows, width, scheme):
    visitor = visit(width=width, scheme=scheme)
    visitor.sign_in()
    visitor.look_at("/", "overview")
    visitor.look_at("/transactions/", "transactions")
    visitor.look_at("/transactions/?status=created&day=2020-01-01", "transactions-none")
    for status in ("completed", "payout_uncertain"):
        visitor.look_at(f"/transactions/{rows[status].id}/", f"transaction-{status}")

    assert visitor.complaints == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_admin_fits_its_screen_under_the_content_security_policy(visit, site, rows, width, scheme):
    row = rows["completed"]
    ApiKey.objects.create(client=row.client, prefix="bp_test_3kq9", secret_hash="0" * 64, created_at=row.created_at)
    visitor = visit(width=width, scheme=scheme)
    visitor.look_at("/admin/login/", "admin-login")
    visitor.sign_in()
    for path, picture in ADMIN_PAGES.items():
        visitor.look_at(f"/admin/{path}", picture)
    visitor.look_at(f"/admin/transactions/transaction/{row.id}/change/", "admin-transaction")
    visitor.look_at(f"/admin/transactions/transaction/{row.id}/history/", "admin-history")
    visitor.look_at(f"/admin/transactions/apiclient/{row.client_id}/change/", "admin-client")

    assert visitor.page.locator("#site-name").inner_text() == "BitPesa Bridge"
    assert visitor.complaints == []


def test_a_checkout_follows_its_payment_without_being_loaded_again(visit, site):
    row = payments.make("awaiting_payment", at=timezone.now())
    visitor = visit(width=360)
    visitor.page.goto(f"{site}/pay/{row.id}")
    visitor.page.wait_for_selector("[data-feed=live]", state="attached")
    visitor.page.evaluate("window.stayed = true")

    payments.go_on(row, "paid", at=timezone.now())
    visitor.page.wait_for_selector("article .badge:has-text('Sats held')", timeout=5_000)

    assert visitor.page.evaluate("window.stayed")
    assert visitor.page.locator("#say").inner_text() == visitor.page.title()
    assert visitor.complaints == []


def test_a_checkout_without_a_stream_says_so_and_still_follows(visit, live_url):
    row = payments.make("awaiting_payment", at=timezone.now())
    visitor = visit(width=360)
    visitor.page.goto(f"{live_url}/pay/{row.id}")
    visitor.page.wait_for_selector("[data-feed=polling]", state="attached")

    payments.go_on(row, "paid", at=timezone.now())

    visitor.page.wait_for_selector("article .badge:has-text('Sats held')", timeout=10_000)
    assert "Live updates are away" in visitor.page.locator(".feed").inner_text()


def test_the_countdown_empties_the_ring(visit, site):
    row = payments.make("awaiting_payment", at=timezone.now())
    visitor = visit(width=360)
    visitor.page.goto(f"{site}/pay/{row.id}")
    before = visitor.page.locator(".ring strong").inner_text()

    visitor.page.wait_for_timeout(2_500)

    assert visitor.page.locator(".ring strong").inner_text() < before
    assert float(visitor.page.locator(".ring circle + circle").get_attribute("stroke-dashoffset")) > 0


def test_a_payer_goes_from_the_form_to_the_checkout_without_scripts(visit, live_url):
    payments.price(timezone.now())
    page = visit(width=360, java_script_enabled=False).page
    page.goto(f"{live_url}/send")
    page.fill("#phone", "0712 345 678")
    page.fill("#amount_kes", "2,500")

    page.click("text=Get the invoice")

    assert "/pay/" in page.url
    assert page.locator("h1").inner_text() == "KES\N{NO-BREAK SPACE}2,500"
