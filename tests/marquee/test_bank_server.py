"""The simulated bank as a process: what it refuses, what it keeps when it is killed, and a cinema that pays
by it over HTTP.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import aiohttp
import pytest
from click.testing import CliRunner

from marquee.cli import cli
from marquee_subgraphs.kit.settings import load_settings
from marquee_subgraphs.payments.adapters.factory import open_stripe
from marquee_subgraphs.payments.adapters.stripe_provider import StripeProvider
from marquee_subgraphs.payments.domain.intent import IntentStatus
from tests.marquee.running import ROOT, Cinema, marquee, showtimes
from tests.subgraphs.payments.adapters.bank import asking

SECRETS = {
    "MARQUEE_STRIPE_KEY": "sk_test_of_this_test",
    "MARQUEE_STRIPE_WEBHOOK_SECRET": "whsec_of_this_test",
}


@dataclass(slots=True)
class Bank:
    """The process; `async with` starts it and ends it by SIGTERM, unless it was killed."""

    data_dir: Path
    port: int = 0
    webhook_url: str | None = None
    output: list[str] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        more = () if self.webhook_url is None else ("--webhook-url", self.webhook_url)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "marquee", "bank", "--port", str(self.port),
            "--data-dir", str(self.data_dir), *more, cwd=ROOT, stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **SECRETS, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert self._process.stdout is not None
        async with asyncio.timeout(20):
            line = (await self._process.stdout.readline()).decode()
        assert line.startswith("The simulated bank listens on http://127.0.0.1:"), line
        self.port = int(line.rsplit(":", 1)[1])
        return self

    async def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        async with asyncio.timeout(20):
            code = await process.wait()
        assert process.stdout is not None
        await process.stdout.read()
        if how is signal.SIGTERM:
            assert code == 0

    async def __aexit__(self, *_: object) -> None:
        await self._end(signal.SIGTERM)

    @asynccontextmanager
    async def client(self, timeout_seconds: float = 5) -> AsyncIterator[StripeProvider]:
        """What payments would ask it by."""
        settings = load_settings({**SECRETS, "MARQUEE_STRIPE_URL": self.url})
        async with AsyncExitStack() as stack:
            yield open_stripe(settings, stack, timeout_seconds=timeout_seconds)


@pytest.mark.parametrize(
    ("changes", "arguments", "says"),
    [
        ({"MARQUEE_STRIPE_KEY": None}, (), "MARQUEE_STRIPE_KEY"),
        ({"MARQUEE_STRIPE_WEBHOOK_SECRET": None}, (), "MARQUEE_STRIPE_WEBHOOK_SECRET"),
        ({"MARQUEE_STRIPE_KEY": "sk_live_1"}, (), "sk_test_"),
        ({}, ("--webhook-url", "payments:6000"), "http://HOST"),
        ({}, ("--public-url", "//bank"), "http://HOST"),
        ({}, ("--host", "not an address"), "--port"),
    ],
)
def test_it_does_not_start_with_what_makes_no_sense(
    changes: dict[str, str | None], arguments: tuple[str, ...], says: str
) -> None:
    finished = CliRunner().invoke(cli, ["bank", "--port", "0", *arguments], env={**SECRETS, **changes})
    assert finished.exit_code == 2
    assert says in finished.output
    assert "Traceback" not in finished.output


async def test_killed_at_work_it_keeps_its_word(tmp_path: Path) -> None:
    async with Bank(tmp_path) as bank, bank.client(timeout_seconds=0.5) as client:
        first = await client.authorize(asking())
        unheard = asyncio.create_task(client.authorize(asking("pm_card_timeout", payment_id="pay_2")))
        while await client.find("pay_2") is None:
            pass
        await bank.kill()
        with pytest.raises(Exception, match=r"."):
            await unheard
    async with Bank(tmp_path, port=bank.port) as again, again.client() as client:
        assert await client.authorize(asking()) == first, "the same key, the same answer"
        heard = await client.authorize(asking("pm_card_timeout", payment_id="pay_2"))
        assert heard.status is IntentStatus.REQUIRES_CAPTURE
        taken = await client.capture("pay_1", first.provider_id)
        assert await client.capture("pay_1", first.provider_id) == taken
        assert len(await client.booked()) == 2
        async with aiohttp.ClientSession() as session, session.get(f"{again.url}/health") as health:
            assert (await health.json())["service"] == "simulated bank"


@pytest.mark.fault
async def test_a_cinema_pays_by_a_bank_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """3-D Secure in the bank's own pages, a bank killed in between, and books that `verify` compares."""
    cinema_dir, bank_dir = tmp_path / "cinema", tmp_path / "bank"
    async with AsyncExitStack() as stack:
        bank = await stack.enter_async_context(Bank(bank_dir))
        for name, value in (SECRETS | {"MARQUEE_STRIPE_URL": bank.url}).items():
            monkeypatch.setenv(name, value)
        cinema = await stack.enter_async_context(Cinema(cinema_dir))
        await bank.kill()
        bank = Bank(bank_dir, port=bank.port, webhook_url=f"{cinema.url}/webhooks/stripe")
        await stack.enter_async_context(bank)
        guest = await stack.enter_async_context(cinema.guest())
        customer = await guest.register("pays.elsewhere@example.com")
        [showtime, *_] = await showtimes(guest, 1)

        order = await customer.order(
            await customer.hold(showtime["id"], await customer.best(showtime["id"], 2))
        )
        paid = await customer.pay(order)
        assert paid["payment"]["status"] == "CAPTURED", paid

        order = await customer.order(
            await customer.hold(showtime["id"], await customer.best(showtime["id"], 1))
        )
        asked = (await customer.pay(order, "pm_card_threeDSecureRequired"))["payment"]
        assert asked["nextAction"]["url"].startswith(f"{bank.url}/bank/3ds/")
        async with customer.session.post(
            asked["nextAction"]["url"], data={"decision": "authorise"}, allow_redirects=False
        ) as decided:
            back = decided.headers["Location"]
        async with customer.session.get(back) as page:
            assert page.status == 200
        # Nobody confirms: the bank's webhook brings the news.
        async with asyncio.timeout(10):
            status = "query ($id: ID!) { payment(id: $id) { status } }"
            while (await customer.get(status, id=asked["id"]))["payment"]["status"] != "CAPTURED":
                pass

        by_api = marquee("verify", "--data-dir", str(cinema_dir))
        assert by_api.returncode == 0, by_api.stdout + by_api.stderr
        assert "the bank holds nothing that payments does not know" in by_api.stdout
        by_file = marquee("verify", "--data-dir", str(cinema_dir), "--bank", str(bank_dir))
        assert by_file.stdout == by_api.stdout
        with closing(sqlite3.connect(bank_dir / "bank.sqlite")) as books:
            books.execute("UPDATE intents SET metadata = '{\"payment_id\": \"pay_x\"}', reference = 'pay_x'")
            books.commit()
        for more in ((), ("--bank", str(bank_dir)), ("--bank", "api")):
            broken = marquee("verify", "--data-dir", str(cinema_dir), *more)
            assert broken.returncode == 1, broken.stdout + broken.stderr
        nowhere = marquee("verify", "--data-dir", str(cinema_dir), "--bank", str(tmp_path / "no"))
        assert nowhere.returncode == 2
        assert "no books" in nowhere.stderr
