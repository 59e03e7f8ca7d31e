"""The events that users publishes. The aggregate is the user. None carries a password or a token."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.events import PublishedEvent
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.users.domain import Role, UserRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class _Profile(PublishedEvent):
    user_id: str
    name: str
    email: str
    locale: Locale
    phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegistered(_Profile):
    """A person made an account."""

    TYPE = "user.registered"
    role: Role

    @classmethod
    def of(cls, user: UserRecord) -> UserRegistered:
        """Return the event of a new account."""
        return cls(
            user_id=user.id,
            name=user.name,
            email=user.email,
            locale=user.locale,
            phone=user.phone,
            role=user.role,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UserUpdated(_Profile):
    """A person changed their profile."""

    TYPE = "user.updated"

    @classmethod
    def of(cls, user: UserRecord) -> UserUpdated:
        """Return the event of a changed profile."""
        return cls(user_id=user.id, name=user.name, email=user.email, locale=user.locale, phone=user.phone)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoleChanged(PublishedEvent):
    """An admin gave a person a role."""

    TYPE = "user.role_changed"
    user_id: str
    role: Role
    cinema_ids: tuple[str, ...]
    reason: str
    by: str

    @classmethod
    def of(cls, user: UserRecord, *, reason: str, by: str) -> UserRoleChanged:
        """Return the event of a user's new role, given by the admin `by`."""
        return cls(user_id=user.id, role=user.role, cinema_ids=user.cinema_ids, reason=reason, by=by)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErasureRequested(PublishedEvent):
    """A person asks to be forgotten. Every subgraph with personal data answers with `user.erased`."""

    TYPE = "user.erasure_requested"
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErased(PublishedEvent):
    """The account is erased, after every other subgraph sent its receipt."""

    TYPE = "user.erased"
    user_id: str
    subgraph: str
