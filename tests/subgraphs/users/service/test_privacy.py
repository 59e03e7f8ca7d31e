"""A person's own data: exported, and erased by every subgraph that keeps it. What users publishes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.events import EmbeddedBroker, Envelope
from marquee_subgraphs.kit.events.service import all_settled
from marquee_subgraphs.kit.ids import new_ulid
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.users.domain import ERASING_SUBGRAPHS
from tests.subgraphs.door import Door
from tests.subgraphs.users.people import (
    ERASE,
    EXPORT,
    LOGIN,
    PASSWORD,
    REFRESH,
    REGISTER,
    SET_ROLE,
    UPDATE,
    admin,
    as_user,
    refusals,
    register,
    send,
)

TYPES = ["user.registered", "user.updated", "user.role_changed", "user.erasure_requested", "user.erased"]


class OtherSubgraph:
    """A subgraph that consumes the events of users, and confirms erasures."""

    def __init__(self, door: Door, broker: EmbeddedBroker, clock: FrozenClock) -> None:
        self._door = door
        self._broker = broker
        self._clock = clock
        self.received: list[Envelope] = []

    async def receive(self, event: Envelope) -> None:
        self.received.append(event)

    async def settle(self) -> list[Envelope]:
        """Wait until every event is handled; returns those that were received."""
        assert self._door.subgraph.events is not None
        await all_settled(self._broker, self._door.subgraph.events)
        return self.received

    async def confirm_erasure(self, subgraph: str, user_id: str, times: int = 1) -> None:
        """Publish the receipt of `subgraph`, `times` times."""
        event = Envelope(
            id=new_ulid(self._clock.now()),
            type="user.erased",
            version=1,
            occurred_at=self._clock.now(),
            producer=subgraph,
            aggregate_id=user_id,
            aggregate_version=1,
            correlation_id="c",
            causation_id=None,
            trace=None,
            payload={"user_id": user_id, "subgraph": subgraph},
        )
        for _ in range(times):
            await self._broker.publish([event])
        await self.settle()


@pytest.fixture
async def other(any_door: Door, runtime: Runtime, clock: FrozenClock) -> AsyncIterator[OtherSubgraph]:
    assert isinstance(runtime.broker, EmbeddedBroker)
    other = OtherSubgraph(any_door, runtime.broker, clock)
    subscription = await runtime.broker.consume("other", TYPES, other.receive)
    yield other
    await subscription.close()


async def test_the_others_hear_of_every_change_in_order(any_door: Door, other: OtherSubgraph) -> None:
    ana = await register(any_door)
    user_id = ana["user"]["id"]
    await send(any_door, UPDATE, as_user(ana), name="Ana P. de Ruiz")
    await send(any_door, UPDATE, as_user(ana), name="Ana P. de Ruiz")
    change: dict[str, Any] = {"role": "BOX_OFFICE", "cinemaIds": ["cin_1"], "reason": "Hired"}
    await send(any_door, SET_ROLE, admin(), userId=user_id, **change)
    received = await other.settle()
    assert [(event.type, event.aggregate_version) for event in received] == [
        ("user.registered", 1),
        ("user.updated", 2),
        ("user.role_changed", 3),
    ]
    assert {event.aggregate_id for event in received} == {user_id}
    assert received[0].payload == {
        "user_id": user_id,
        "name": "Ana Pérez",
        "email": "ana@example.test",
        "locale": "es",
        "phone": None,
        "role": "customer",
    }
    assert received[1].payload["name"] == "Ana P. de Ruiz"
    assert received[2].payload == {
        "user_id": user_id,
        "role": "box_office",
        "cinema_ids": ["cin_1"],
        "reason": "Hired",
        "by": admin().user_id,
    }


async def test_the_requests_trace_goes_along(any_door: Door, other: OtherSubgraph) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await send(
        any_door, REGISTER, headers={"traceparent": trace}, name="Ana", email="a@b.test", password=PASSWORD
    )
    assert [event.trace for event in await other.settle()] == [trace]


async def test_what_is_refused_is_not_told(any_door: Door, other: OtherSubgraph) -> None:
    await register(any_door)
    await send(any_door, UPDATE, name="Eve")
    await send(any_door, LOGIN, email="ana@example.test", password="wrong")
    assert [event.type for event in await other.settle()] == ["user.registered"]


async def test_an_export_holds_ones_own_data_and_no_secret(any_door: Door) -> None:
    ana = await register(any_door)
    await register(any_door, name="Bob", email="bob@example.test")
    data = (await any_door.ask(EXPORT, viewer=as_user(ana))).only()["data"]
    assert data["user"]["email"] == "ana@example.test"
    assert len(data["sessions"]) == 1
    assert "argon2" not in str(data)
    assert "bob" not in str(data)
    assert refusals((await any_door.ask(EXPORT)).only()) == [("UNAUTHENTICATED", None)]


async def test_erasing_waits_for_every_subgraph_and_then_forgets(
    any_door: Door, other: OtherSubgraph, clock: FrozenClock
) -> None:
    ana = await register(any_door)
    user_id = ana["user"]["id"]
    payload = await send(any_door, ERASE, as_user(ana), password=PASSWORD)
    assert payload["errors"] == []
    requested_at = payload["requestedAt"]
    clock.advance(timedelta(minutes=1))
    assert (await send(any_door, ERASE, as_user(ana), password=PASSWORD))["requestedAt"] == requested_at
    signed_in = await send(any_door, LOGIN, email="ana@example.test", password=PASSWORD)
    assert refusals(signed_in) == [("INVALID_CREDENTIALS", None)]
    refreshed = await send(any_door, REFRESH, refreshToken=ana["refreshToken"])
    assert refusals(refreshed) == [("SESSION_REVOKED", ["input", "refreshToken"])]
    *others, last = sorted(ERASING_SUBGRAPHS)
    for subgraph in others:
        await other.confirm_erasure(subgraph, user_id, times=2)
    query = "name email"
    assert (await any_door.entities("User", [user_id], query, admin())).only()[0][
        "email"
    ] == "ana@example.test"
    await other.confirm_erasure(last, user_id)
    [erased] = (await any_door.entities("User", [user_id], query, admin())).only()
    assert "ana" not in str(erased).lower()
    published = [event for event in other.received if event.producer == "users"]
    assert [event.type for event in published] == ["user.registered", "user.erasure_requested", "user.erased"]
    assert (await register(any_door))["user"]["id"] != user_id


async def test_receipts_without_a_request_erase_nobody(any_door: Door, other: OtherSubgraph) -> None:
    ana = (await register(any_door))["user"]
    for subgraph in sorted(ERASING_SUBGRAPHS):
        await other.confirm_erasure(subgraph, ana["id"])
    assert (await any_door.entities("User", [ana["id"]], "name", admin())).only() == [{"name": "Ana Pérez"}]


async def test_erasing_needs_the_password_and_spares_staff(any_door: Door, other: OtherSubgraph) -> None:
    ana = await register(any_door)
    assert refusals(await send(any_door, ERASE, password=PASSWORD)) == [("UNAUTHENTICATED", None)]
    wrong = await send(any_door, ERASE, as_user(ana), password="a wrong guess")
    assert refusals(wrong) == [("INVALID_CREDENTIALS", None)]
    await send(any_door, SET_ROLE, admin(), userId=ana["user"]["id"], role="MANAGER", reason="Promoted")
    assert refusals(await send(any_door, ERASE, as_user(ana), password=PASSWORD)) == [("NOT_ALLOWED", None)]
    assert "user.erasure_requested" not in {event.type for event in await other.settle()}
