"""The notifications database: the only SQL of this subgraph beside `invariants`.

A store is a class without state, one for each kind of row. A method is one statement unless its docstring
says otherwise; its first argument is the `Transaction` (or the `Connection`, when it only reads) that the
service opened. Stores decide nothing and open no transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_subgraphs.notifications.store.contacts import ContactStore
from marquee_subgraphs.notifications.store.films import FilmStore
from marquee_subgraphs.notifications.store.messages import MessageStore
from marquee_subgraphs.notifications.store.notifications import NotificationStore
from marquee_subgraphs.notifications.store.people import PersonStore


@dataclass(frozen=True, slots=True)
class NotificationsStore:
    """The stores of notifications."""

    people: PersonStore = field(default_factory=PersonStore)
    contacts: ContactStore = field(default_factory=ContactStore)
    films: FilmStore = field(default_factory=FilmStore)
    notifications: NotificationStore = field(default_factory=NotificationStore)
    messages: MessageStore = field(default_factory=MessageStore)


__all__ = ["NotificationsStore"]
