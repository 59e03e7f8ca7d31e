"""GraphiQL in a real browser: it runs queries and subscriptions, and asks no other host for anything."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from playwright.async_api import async_playwright

from marquee_router import Extras
from tests.router.transport.fake import fake_app
from tests.router.transport.serving import served

EXAMPLES: list[dict[str, Any]] = [
    {
        "title": "Greet",
        "query": "query Greet($name: String!) {\n  hello(name: $name)\n}",
        "variables": {"name": "Ada"},
    },
    {"title": "Count", "query": "subscription Count {\n  count(to: 3)\n}"},
]


@pytest.mark.browser
async def test_graphiql_works_offline() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not here: GraphiQL was not opened")
    app, _ = fake_app(extras=Extras(examples=EXAMPLES))
    async with served(app) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page()
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        await page.goto(f"{url}/graphql")
        await page.click(".graphiql-execute-button")
        await page.wait_for_selector(".result-window >> text=/hello Ada/")
        assert await page.locator(".graphiql-tab-button").all_text_contents() == ["Greet", "Count"]
        await page.goto(f"{url}/graphql?query=subscription Now {{ count(to: 3) }}")
        await page.click(".graphiql-execute-button")
        await page.wait_for_selector(".result-window >> text=/^3$/")
        await browser.close()
    host = url.removeprefix("http://")
    assert complaints == []
    assert any(address.startswith("ws://") for address in asked)
    assert {address.split("/")[2] for address in asked} == {host}
