"""Recipients: who gets a message about an order, in which language, and what the film is called there."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.notifications.domain.records import Contact, Person
from marquee_subgraphs.notifications.errors import NotYetKnown
from marquee_subgraphs.notifications.store import NotificationsStore


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person, or a guest with an address and no account; without both nobody gets anything."""

    user_id: str | None
    email: str | None
    locale: Locale
    name: str | None = None


def recipient_of(person: Person) -> Recipient:
    """Return the recipient of messages to a person; one who was forgotten gets none."""
    if person.is_forgotten:
        return Recipient(None, None, person.locale)
    return Recipient(person.user_id, person.email, person.locale, person.name)


class Recipients:
    """Finds recipients. Each method raises `NotYetKnown` when an event came before the one that it needs."""

    def __init__(self, store: NotificationsStore) -> None:
        self._store = store

    async def contact(self, tx: Transaction, order_id: str) -> Contact:
        """Return whom to notify about an order."""
        contact = await self._store.contacts.find(tx, order_id)
        if contact is None:
            raise NotYetKnown(f"order {order_id} is not known yet")
        return contact

    async def of_contact(self, tx: Transaction, contact: Contact) -> Recipient:
        """Return the account as it is now, or the address that the guest gave."""
        return await self.of_user(tx, contact.user_id, Recipient(None, contact.email, contact.locale))

    async def of_user(self, tx: Transaction, user_id: str | None, guest: Recipient) -> Recipient:
        """Return the account of a user, or `guest` when there is none."""
        if user_id is None:
            return guest
        person = await self._store.people.find(tx, user_id)
        if person is None:
            raise NotYetKnown(f"user {user_id} is not known yet")
        return recipient_of(person)

    async def title(self, tx: Transaction, contact: Contact, locale: Locale) -> str:
        """Return the title of an order's film in a language, or the original title."""
        movie_id = contact.movie_id or await self._store.contacts.movie_of(tx, contact.order_id)
        return await self._store.films.title(tx, movie_id, locale) or contact.movie_title
