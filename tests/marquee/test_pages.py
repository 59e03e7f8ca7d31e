"""The page and GraphiQL in a real browser: what a visitor does, and that nothing leaves the machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, async_playwright, expect

from tests.marquee.running import PASSWORD, Cinema, Client, showtimes

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE_WIDTH = 390
pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.browser,
]


@dataclass(slots=True)
class Visit:
    """One visitor's tab; what it asked for and complained of is kept."""

    page: Page
    url: str
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        await self.page.goto(self.url + path)

    def asked(self, request: Request) -> None:
        if request.url.startswith(("http", "ws")):
            self.hosts.add(urlsplit(request.url).netloc)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which(playwright.chromium.executable_path)
        if chromium is None:
            pytest.skip("Chromium is not installed")
        opened = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, cinema: Cinema) -> AsyncIterator[Visit]:
    """A tab of its own; afterwards it asked this machine only, and complained of nothing."""
    context = await browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-US")
    page = await context.new_page()
    visiting = Visit(page, cinema.url)
    page.on("request", lambda request: visiting.asked(request))  # playwright writes on a method's owner
    page.on("websocket", lambda socket: visiting.hosts.add(urlsplit(socket.url).netloc))
    page.on("pageerror", lambda error: visiting.complaints.append(str(error)))
    page.on(
        "console",
        lambda message: visiting.complaints.append(message.text) if message.type == "error" else None,
    )
    yield visiting
    await context.close()
    assert visiting.complaints == []
    assert visiting.hosts == {urlsplit(cinema.url).netloc}


async def log_in(visit: Visit, name: str) -> None:
    """By the form, as anybody would."""
    await visit.go("/#/login")
    await visit.page.fill("input[name=email]", f"{name}@marquee.test")
    await visit.page.fill("input[name=password]", PASSWORD)
    await visit.page.click("form button")
    await expect(visit.page.locator("header .quiet", has_text="Log out")).to_be_visible()


async def choose_best_two(page: Page) -> list[str]:
    """Choose by the page; the labels of the seats."""
    await page.click("text=Best two")
    chosen = page.locator("g.seat.chosen")
    await expect(chosen).to_have_count(2)
    return [str(await seat.get_attribute("data-seat")) for seat in await chosen.all()]


async def hold_best_two(visit: Visit, showtime_id: str) -> list[str]:
    """Choose and hold by the page; the labels of the seats."""
    page = visit.page
    await visit.go(f"/#/showtimes/{showtime_id}")
    labels = await choose_best_two(page)
    hold = page.get_by_role("button", name="Hold these seats")
    if await hold.is_disabled():  # the demo's own buyers took them meanwhile, and the page let go of them
        labels = await choose_best_two(page)
    await hold.click()
    await expect(page.locator(".countdown")).to_be_visible()
    return labels


async def test_what_is_refused_is_said_in_the_readers_language(visit: Visit) -> None:
    page = visit.page
    await visit.go("/#/login")
    await page.fill("input[name=email]", "nobody@marquee.test")
    await page.fill("input[name=password]", "not-the-password")
    await page.click("form button")
    await expect(page.locator("[data-code=INVALID_CREDENTIALS]")).to_have_text(
        "The email or the password is wrong."
    )
    await page.click("text=Español")
    await expect(page.locator("[data-code=INVALID_CREDENTIALS]")).to_have_text(
        "El correo o la contraseña no son correctos."
    )
    await page.click("text=Crear cuenta")
    await page.fill("input[name=name]", "Ana")
    await page.fill("input[name=email]", "ana@marquee")
    await page.click("form button")
    await expect(page.locator("[data-code=INVALID_INPUT]")).to_have_text("Correo: no es válido")


async def test_what_is_not_there_is_said(visit: Visit) -> None:
    for path, words in (("showtimes/shw_none", "no such showtime"), ("movies/mov_none", "no such film")):
        await visit.go(f"/#/{path}")
        await expect(visit.page.locator(".problems")).to_contain_text(words)


async def test_the_link_of_an_offer_leads_to_its_seats(visit: Visit, guest: Client) -> None:
    showtime_id = (await showtimes(guest))[0]["id"]
    hold = await guest.hold(showtime_id, await guest.best(showtime_id, 2))
    await visit.go(f"/#/showtimes/{showtime_id}/hold/{hold['token']}")
    await expect(visit.page.locator(".countdown")).to_be_visible()
    labels = ", ".join(seat["label"] for seat in hold["seats"])
    await expect(visit.page.locator("aside h2").first).to_contain_text(labels)
    await visit.page.click("text=Let them go")


async def test_a_server_that_cannot_be_reached_logs_nobody_out(visit: Visit) -> None:
    page = visit.page
    await log_in(visit, "customer")
    await page.clock.install()
    await page.route("**/graphql", lambda route: route.abort())
    await page.reload()
    log_out = page.locator("header .quiet", has_text="Log out")
    await expect(page.locator("header a[href='#/login']")).to_be_visible()
    await page.unroute("**/graphql")
    visit.complaints.clear()  # of requests that were aborted on purpose, the last of them just now
    await page.clock.fast_forward(6_000)
    await expect(log_out).to_be_visible()


async def test_a_guest_goes_from_the_programme_to_tickets(visit: Visit, guest: Client) -> None:
    page = visit.page
    await visit.go("/")
    await expect(page.locator(".film h2").first).to_be_visible()
    await expect(page.locator(".tabs button")).to_have_count(2)
    await page.click(".days button >> nth=2")  # a day all of which is still to come
    await expect(page.locator(".days button >> nth=2")).to_have_attribute("aria-pressed", "true")
    await page.click(".film .time >> nth=0")
    await expect(page.locator("g.seat").first).to_be_visible()
    labels = await hold_best_two(visit, page.url.rsplit("/", 1)[1])
    for label in labels:
        await expect(page.locator(f"[data-seat='{label}']")).to_have_class(re.compile(r"\bmine\b"))
    await page.fill(".checkout input[type=email]", "guest.pages@example.com")
    await page.click(".checkout button:not(.quiet)")
    tickets = page.locator("figure.ticket")
    await expect(tickets).to_have_count(2)
    assert sorted([str(await one.locator("strong").text_content()) for one in await tickets.all()]) == labels
    assert await page.locator("figure.ticket img").first.evaluate("image => image.naturalWidth") > 0
    for label in labels:
        sold = page.locator(f"[data-seat='{label}'][data-status=SOLD]")
        await expect(sold).to_have_class(re.compile(r"\bmine\b"))


async def test_anothers_hold_appears_without_a_reload(visit: Visit, guest: Client) -> None:
    page = visit.page
    showtime = (await showtimes(guest, 21))[-1]["id"]
    await visit.go(f"/#/showtimes/{showtime}")
    await expect(page.locator("g.seat").first).to_be_visible()
    await page.evaluate("window.neverReloaded = true")
    hold = await guest.hold(showtime, await guest.best(showtime, 2))
    for seat in hold["seats"]:
        await expect(page.locator(f"[data-seat='{seat['label']}'][data-status=HELD]")).to_be_visible()
    await guest.must("releaseHold", "hold { id }", holdToken=hold["token"])
    for seat in hold["seats"]:
        await expect(page.locator(f"[data-seat='{seat['label']}'][data-status=AVAILABLE]")).to_be_visible()
    assert await page.evaluate("window.neverReloaded")


async def test_a_customer_logs_in_buys_and_finds_the_order(visit: Visit, guest: Client) -> None:
    page = visit.page
    await visit.go("/#/account")
    await expect(page.locator("h1")).to_have_text("Log in")  # not signed in yet
    await log_in(visit, "customer")
    showtime = (await showtimes(guest, 22))[-1]
    await hold_best_two(visit, showtime["id"])
    await page.click(".checkout button:not(.quiet)")
    await expect(page.locator("figure.ticket")).to_have_count(2)
    number = (await page.locator(".sold p").inner_text()).split(" · ")[1]
    await page.click("nav >> text=My Marquee")
    order = page.locator(".order", has_text=number)
    await expect(order).to_contain_text(showtime["movie"]["title"])
    await expect(order.locator(".status")).to_have_text("Confirmed")
    await expect(order.locator("figure.ticket")).to_have_count(2)
    await expect(page.locator(".messages li", has_text=number)).to_be_visible()  # it comes by itself
    await page.click("nav >> text=Español")
    await expect(order.locator(".status")).to_have_text("Confirmado")
    await page.reload()
    await expect(page.locator("nav")).to_contain_text("Mi Marquee")
    await page.click("nav >> text=Salir")
    await expect(page.locator("nav")).to_contain_text("Entrar")


async def test_the_bank_asks_in_a_tab_of_its_own(visit: Visit, guest: Client) -> None:
    page = visit.page
    showtime = (await showtimes(guest, 23))[-1]["id"]
    await hold_best_two(visit, showtime)
    await page.fill(".checkout input[type=email]", "bank.pages@example.com")
    await page.select_option(".checkout select", "pm_card_threeDSecureRequired")
    await page.click(".checkout button:not(.quiet)")
    async with page.expect_popup() as opening:
        await page.click("a.button")
    bank = await opening.value
    await bank.click("[name=decision][value=authorise]")
    await bank.wait_for_load_state()
    await bank.close()
    # the page receives the change by itself
    await expect(page.locator("figure.ticket")).to_have_count(2)


async def test_late_in_the_evening_the_programme_shows_tomorrow(visit: Visit) -> None:
    page = visit.page
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for hours, pressed in ((18, 0), (27.5, 1)):  # 13:00 and 22:30 in Lima
        await page.clock.set_fixed_time(midnight + timedelta(hours=hours))
        await visit.go("/")
        await page.reload()
        await expect(page.locator(".days button[aria-pressed=true]")).to_have_count(1)
        await expect(page.locator(".days button").nth(pressed)).to_have_attribute("aria-pressed", "true")
        await expect(page.locator(".film .time").first).to_be_visible()


async def test_the_language_changes_words_and_titles(visit: Visit) -> None:
    page = visit.page
    await visit.go("/")
    await page.fill("input[type=search]", "metropolis")
    await expect(page.locator(".film h2")).to_have_text(["Metropolis"])
    await page.click("nav >> text=Español")
    await expect(page.locator(".film h2")).to_have_text(["Metrópolis"])
    await expect(page.locator("nav")).to_contain_text("Cartelera")
    assert await page.evaluate("document.documentElement.lang") == "es"
    await page.click(".film h2 a")
    await expect(page.locator(".movie h1")).to_have_text("Metrópolis")
    await expect(page.locator(".showtimes .time").first).to_be_visible()


async def test_the_manager_sees_figures_and_the_door_refuses_a_strange_code(visit: Visit) -> None:
    page = visit.page
    await log_in(visit, "manager")
    await page.click("nav >> text=Staff")
    figures = page.locator(".figures dd")
    await expect(figures).to_have_count(5)
    assert re.search(r"\d", await figures.first.inner_text())
    assert int(await figures.nth(1).inner_text()) > 0
    await expect(page.locator(".bars rect")).to_have_count(30)
    await page.fill("input[name=qrCode]", "not a ticket")
    await page.click("form button")
    await expect(page.locator(".problems")).to_be_visible()


async def test_graphiql_runs_an_example(visit: Visit) -> None:
    page = visit.page
    await visit.go("/graphql")
    await page.click(".graphiql-execute-button")
    result = page.locator(".result-window")
    await expect(result).to_contain_text('"data"')
    await expect(result).not_to_contain_text('"errors"')


async def test_on_a_phone_nothing_is_wider_than_the_screen(visit: Visit, guest: Client) -> None:
    page = visit.page
    await page.set_viewport_size({"width": PHONE_WIDTH, "height": 844})
    showtime = (await showtimes(guest))[0]
    paths = {
        "/": ".film",
        f"/#/movies/{showtime['movie']['id']}": ".movie",
        f"/#/showtimes/{showtime['id']}": "g.seat",
        "/#/login": "form",
    }
    for path, shown in paths.items():
        await visit.go(path)
        await expect(page.locator(shown).first).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE_WIDTH, path
