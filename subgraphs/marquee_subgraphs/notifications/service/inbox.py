"""Inbox: a person's own notifications, read, marked as read and watched live; and their erasure."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.notifications.domain.records import NotificationRecord
from marquee_subgraphs.notifications.events.published import UserErased
from marquee_subgraphs.notifications.service.notifier import person_topic
from marquee_subgraphs.notifications.store import NotificationsStore

_NEWEST: Final = 50


class Inbox:
    """The use cases on one's own notifications."""

    def __init__(self, backend: Backend, store: NotificationsStore, topics: Topics[str]) -> None:
        self._backend = backend
        self._store = store
        self._topics = topics

    async def page(
        self, user_id: str, request: PageRequest, *, unread_only: bool
    ) -> Page[NotificationRecord]:
        """Return a page of a person's notifications, newest first; the caller has checked that they ask."""
        async with self._backend.database.read() as connection:
            rows = await self._store.notifications.page(connection, user_id, request, unread_only=unread_only)
        return Page.of(rows, request, lambda each: (each.created_at, each.id))

    async def count(self, user_id: str, *, unread_only: bool) -> int:
        """Return how many notifications a person has."""
        async with self._backend.database.read() as connection:
            return await self._store.notifications.count(connection, user_id, unread_only=unread_only)

    async def by_id(self, ids: Sequence[str]) -> Mapping[str, NotificationRecord]:
        """Batch: notifications by id; the caller shows each to its owner only."""
        async with self._backend.database.read() as connection:
            return await self._store.notifications.find_many(connection, ids)

    async def mark_read(self, viewer: Viewer, *, ids: Sequence[str]) -> list[NotificationRecord]:
        """Mark the viewer's notifications as read, all when none is named; return those named.

        Raises `Unauthenticated`, `InvalidInputs`.
        """
        user_id = viewer.require_user()
        with InputCheck() as check:
            wanted = check.count("notificationIds", list(ids), least=0, most=100)
        async with self._backend.database.transaction() as tx:
            await self._store.notifications.mark_read(tx, user_id, wanted, self._backend.clock.now())
            found = await self._store.notifications.find_many(tx, wanted)
        return [found[id_] for id_ in wanted if id_ in found and found[id_].user_id == user_id]

    async def watch(self, viewer: Viewer) -> AsyncGenerator[NotificationRecord, None]:
        """Yield the viewer's notifications as they come, each once. Raises `Unauthenticated`."""
        user_id = viewer.require_user()
        sent = dict.fromkeys([each.id for each in await self._newest(user_id)])
        # The ids that were sent or were there before: after a gap (`Resync`) the newest are read again, and
        # only those that are not among these are new.
        async with self._topics.subscribe(person_topic(user_id)) as messages:
            async for message in messages:
                if isinstance(message, str):
                    rows = list((await self.by_id([message])).values())
                else:
                    rows = list(reversed(await self._newest(user_id)))
                for each in rows:
                    if each.id not in sent:
                        sent[each.id] = None
                        yield each
                for id_ in list(sent)[: -10 * _NEWEST]:
                    del sent[id_]

    async def _newest(self, user_id: str) -> Sequence[NotificationRecord]:
        page = await self.page(user_id, PageRequest(_NEWEST), unread_only=False)
        return page.rows

    async def erase(self, tx: Transaction, user_id: str, *, cause: Envelope) -> None:
        """Forget a person and publish the receipt."""
        await self._store.people.forget(tx, user_id)
        outbox = self._backend.outbox
        receipt = UserErased(user_id=user_id, subgraph=outbox.producer)
        await outbox.add(tx, receipt, aggregate_id=user_id, cause=cause)
