"""The envelope survives the wire, and what is not an event is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from marquee_subgraphs.kit.events import Envelope, MalformedEvent

EVENT = Envelope(
    id="01J",
    type="order.placed",
    version=1,
    occurred_at=datetime(2026, 1, 15, 18, 0, 0, 5, tzinfo=UTC),
    producer="tickets",
    aggregate_id="ord_1",
    aggregate_version=3,
    correlation_id="01J",
    causation_id=None,
    trace="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    payload={"seats": ["A1"], "total": 2500},
)


def test_an_event_comes_back_equal() -> None:
    assert Envelope.from_json(EVENT.to_json()) == EVENT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "7",
        orjson.dumps({**orjson.loads(EVENT.to_json()), "payload": []}).decode(),
        orjson.dumps({**orjson.loads(EVENT.to_json()), "aggregate_version": "3"}).decode(),
        orjson.dumps({**orjson.loads(EVENT.to_json()), "occurred_at": "yesterday"}).decode(),
        orjson.dumps({**orjson.loads(EVENT.to_json()), "surplus": 1}).decode(),
    ],
)
def test_text_that_is_no_event_is_refused(text: str) -> None:
    with pytest.raises(MalformedEvent):
        Envelope.from_json(text)
