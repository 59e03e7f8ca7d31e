"""What users tells the others, and what it hears. Payloads: `docs/events.md`. Never carries a password
or a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Consumer, Envelope, Outbox, PoisonEvent
from marquee_subgraphs.users.domain import UserRecord
from marquee_subgraphs.users.store import UserStore


@dataclass(frozen=True, slots=True)
class UserEvents:
    """Adds the events of users to the transaction of their change; the aggregate is the user."""

    outbox: Outbox

    async def registered(self, tx: Transaction, user: UserRecord) -> None:
        await self._add(tx, "user.registered", user.id, {**_profile(user), "role": user.role.value})

    async def updated(self, tx: Transaction, user: UserRecord) -> None:
        await self._add(tx, "user.updated", user.id, _profile(user))

    async def role_changed(self, tx: Transaction, user: UserRecord, *, by: str, reason: str) -> None:
        payload = {
            "user_id": user.id,
            "role": user.role.value,
            "cinema_ids": list(user.cinema_ids),
            "reason": reason,
            "by": by,
        }
        await self._add(tx, "user.role_changed", user.id, payload)

    async def erasure_requested(self, tx: Transaction, user_id: str) -> None:
        await self._add(tx, "user.erasure_requested", user_id, {"user_id": user_id})

    async def erased(self, tx: Transaction, user_id: str, cause: Envelope) -> None:
        await self.outbox.add_raw(
            tx,
            type="user.erased",
            aggregate_id=user_id,
            payload={"user_id": user_id, "subgraph": "users"},
            cause=cause,
        )

    async def _add(self, tx: Transaction, name: str, user_id: str, payload: Mapping[str, object]) -> None:
        await self.outbox.add_raw(tx, type=name, aggregate_id=user_id, payload=dict(payload))


def consume(consumer: Consumer, store: UserStore, events: UserEvents) -> None:
    """Hear `user.erased`: a receipt from a subgraph; with the last one the account itself is erased."""

    @consumer.on_raw("user.erased")
    async def receive_receipt(tx: Transaction, event: Envelope) -> None:
        user_id, subgraph = event.payload.get("user_id"), event.payload.get("subgraph")
        if not isinstance(user_id, str) or not isinstance(subgraph, str):
            raise PoisonEvent("user.erased names no user or no subgraph")
        if subgraph == "users":
            return
        if await store.add_receipt(tx, user_id, subgraph, event.occurred_at):
            await store.erase(tx, user_id, event.occurred_at)
            await events.erased(tx, user_id, event)


def _profile(user: UserRecord) -> dict[str, object]:
    return {
        "user_id": user.id,
        "name": user.name,
        "email": user.email,
        "locale": user.locale.value,
        "phone": user.phone,
    }
