"""One purchase is one trace, from the router to the mail, in one process and in many."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.marquee.observability.collector import Collector, SpanRecord, collecting
from tests.marquee.observability.processes import separate
from tests.marquee.running import Cinema, Client

pytestmark = pytest.mark.asyncio(loop_scope="module")

EMAIL = "trace.reader@example.com"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The trace of a payment, its spans by id."""

    spans: dict[str, SpanRecord]

    def one(self, service: str, name: str) -> SpanRecord:
        """The only span of this name, by its beginning."""
        found = [span for span in self.spans.values() if span.service == service and span.name == name]
        assert len(found) == 1, sorted((span.service, span.name) for span in self.spans.values())
        return found[0]

    def above(self, span: SpanRecord) -> list[str]:
        """What is above a span, nearest first, as `service: name`."""
        found: list[str] = []
        while span.parent_id is not None:
            span = self.spans[span.parent_id]
            found.append(f"{span.service}: {span.name}")
        return found


async def _buy(url: str, showtime: int) -> None:
    async with aiohttp.ClientSession() as session:
        guest = Client(session, url)
        # Of the subgraph `showtimes` alone, since not all run in every layout.
        found = await guest.get("{ showtimes(first: 20) { nodes { id } } }")
        chosen = found["showtimes"]["nodes"][showtime]["id"]
        order = await guest.order(await guest.hold(chosen, await guest.best(chosen, 1)), email=EMAIL)
        paid = await guest.pay(order)
        assert paid["errors"] == [], paid


PAYMENT = {
    ("router", "mutation"),
    ("payments", "handle order.confirmed"),
    ("tickets", "handle payment.captured"),
    ("notifications", "handle order.confirmed"),
    ("notifications", "carry email"),
}
"""Spans by which a whole payment is known; other mails are carried in traces of their own."""


async def _trace_of_payment(collector: Collector) -> Recorded:
    def whole(spans: list[SpanRecord]) -> list[str]:
        names: dict[str, set[tuple[str, str]]] = {}
        for span in spans:
            names.setdefault(span.trace_id, set()).add((span.service, span.name))
        return [trace_id for trace_id, found in names.items() if found >= PAYMENT]

    await collector.until(lambda spans: bool(whole(spans)))
    trace_id = whole(collector.spans)[0]
    return Recorded({span.span_id: span for span in collector.spans if span.trace_id == trace_id})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def collector() -> AsyncIterator[Collector]:
    async with collecting() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def data_dir(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Path:
    """Stores in which a purchase was made, in one process."""
    folder: Path = tmp_path_factory.mktemp("traced")
    async with Cinema(folder, environment={"MARQUEE_OTLP_URL": collector.url}) as cinema:
        collector.spans.clear()
        await _buy(cinema.url, -1)
        await _trace_of_payment(collector)
    return folder


def check_purchase(trace: Recorded) -> None:
    """What any trace of a purchase must show."""
    pay = trace.one("router", "mutation")
    assert pay.parent_id is None
    assert trace.above(trace.one("router", "execute")) == ["router: mutation"]
    assert trace.above(trace.one("router", "fetch payments")) == ["router: execute", "router: mutation"]
    asked = [
        span for span in trace.spans.values() if span.service == "payments" and span.parent_id is not None
    ]
    assert any(trace.spans[span.parent_id or ""].name == "fetch payments" for span in asked)
    sold = trace.one("tickets", "handle payment.authorized")
    assert trace.above(sold)[-1] == "router: mutation"
    captured = trace.one("payments", "handle order.confirmed")
    assert "tickets: handle payment.authorized" in trace.above(captured)
    told = trace.one("notifications", "handle order.confirmed")
    assert "tickets: handle payment.authorized" in trace.above(told)
    mail = trace.one("notifications", "carry email")
    assert "notifications: handle order.confirmed" in trace.above(mail)
    settled = trace.one("tickets", "handle payment.captured")
    assert "payments: handle order.confirmed" in trace.above(settled)
    assert trace.one("tickets", "publish order.confirmed").parent_id in {captured.parent_id, told.parent_id}
    statements = [span for span in trace.spans.values() if span.name == "SQL write"]
    assert {span.service for span in statements} >= {"tickets", "payments", "notifications"}
    assert any("INSERT INTO outbox" in str(span.attributes["db.query.text"]) for span in statements)
    text = repr(trace.spans)
    assert EMAIL not in text
    assert "pm_card" not in text


async def test_in_one_process_a_purchase_is_one_trace(data_dir: Path, collector: Collector) -> None:
    check_purchase(await _trace_of_payment(collector))


async def test_phases_of_a_new_operation_are_in_its_trace(data_dir: Path, collector: Collector) -> None:
    trace = await _trace_of_payment(collector)
    for phase in ("parse", "validate", "plan"):
        assert trace.above(trace.one("router", phase)) == ["router: mutation"]


async def test_in_many_processes_a_purchase_is_one_trace(
    data_dir: Path, collector: Collector, tmp_path: Path
) -> None:
    environment = {"MARQUEE_OTLP_URL": collector.url}
    async with separate(tmp_path, data_dir, environment) as ports:
        collector.spans.clear()
        await _buy(f"http://127.0.0.1:{ports['router']}", -2)
        check_purchase(await _trace_of_payment(collector))
