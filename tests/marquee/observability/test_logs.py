"""What is logged: one JSON object a line, of one shape, and nothing of the people who buy."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from marquee_foundation.logs import JsonFormatter
from tests.marquee.running import Cinema, Client, showtimes

ABOUT = {"trace_id", "span_id", "user_id", "operation", "request_id"}


def _record() -> logging.LogRecord:
    fields = {"name": "some.logger", "levelname": "WARNING", "msg": "%s broke", "args": ("it",)}
    record = logging.makeLogRecord(fields)
    for name in ABOUT:
        setattr(record, name, f"some {name}")
    return record


def test_router_and_subgraphs_write_one_shape() -> None:
    line = json.loads(JsonFormatter().format(_record()))
    assert set(line) == {"time", "level", "logger", "message"} | ABOUT
    assert datetime.fromisoformat(line.pop("time")).utcoffset() is not None
    assert (line["level"], line["logger"], line["message"]) == ("warning", "some.logger", "it broke")


async def _buy(guest: Client, secrets: list[str]) -> None:
    """Register, log in well and badly, hold, order, pay; all that is said goes to `secrets`."""
    email, name, password = (
        f"quiet.{uuid4().hex[:8]}@example.com",
        "Xochitl Quispe-Ñaupari",
        "a very quiet evening",
    )
    secrets += [email, name, password]
    given: dict[str, Any] = {"email": email, "password": password}
    registered = await guest.must("registerUser", "accessToken refreshToken", name=name, locale="ES", **given)
    session = await guest.must("login", "accessToken refreshToken", **given)
    secrets += [
        payload[token] for payload in (registered, session) for token in ("accessToken", "refreshToken")
    ]
    await guest.do("login", "accessToken", email=email, password="not " + password)
    buyer = Client(guest.session, guest.url, session["accessToken"])
    showtime = (await showtimes(buyer))[0]["id"]
    hold = await buyer.hold(showtime, await buyer.best(showtime, 1))
    order = await buyer.order(hold)
    assert (await buyer.pay(order, "pm_card_visa"))["errors"] == []
    shown = await buyer.get("query ($id: ID!) { order(id: $id) { tickets { qrCode } } }", id=order["id"])
    secrets += [hold["token"], "pm_card_visa", shown["order"]["tickets"][0]["qrCode"]]
    second = await guest.hold(showtime, await guest.best(showtime, 1))
    placed = await guest.order(second, email="guest." + email)
    secrets += [second["token"], placed["accessToken"]]
    await guest.ask("query ($token: String!) { nothing(of: $token) }", token=second["token"])


async def test_a_purchase_leaves_no_secret_in_the_logs(tmp_path: Path) -> None:
    environment = {
        "MARQUEE_LOG_LEVEL": "debug",
        "MARQUEE_LOG_FORMAT": "json",
        "MARQUEE_SMTP_URL": "smtp://somebody:hunter2hunter2@127.0.0.1:9",  # no server listens: mails fail
    }
    secrets: list[str] = ["hunter2hunter2"]
    async with Cinema(tmp_path, environment=environment) as cinema, cinema.guest() as guest:
        await _buy(guest, secrets)
    lines = [json.loads(line) for line in cinema.output if line.startswith("{")]
    messages = [line["message"] for line in lines]
    assert any("not sent" in message for message in messages), "the mail server is away"
    answered = [line for line in lines if line["logger"] == "marquee_router.requests"]
    assert len([line for line in answered if "user_id" in line]) >= 4
    assert all(len(line["trace_id"]) == 32 for line in answered)
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    text = "\n".join(cinema.output)
    assert [secret for secret in secrets if secret in text] == []
