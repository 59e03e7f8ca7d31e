"""Pure rules of accounts: the scopes of each role, who sees which fields, which passwords are too weak."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.locale import Locale

ACCESS_TOKEN_LIFETIME: Final = timedelta(minutes=15)
REFRESH_TOKEN_LIFETIME: Final = timedelta(days=30)
KNOWN_DEVICE_LIFETIME: Final = timedelta(days=180)
"""Counted from the last time the device signed in."""
PASSWORD_LENGTH: Final = (10, 200)
ERASING_SUBGRAPHS: Final = frozenset(
    {"tickets", "payments", "notifications", "reviews", "loyalty", "analytics"}
)
"""The other subgraphs that keep personal data: each sends a receipt when it has erased a person."""


class Role(StrEnum):
    """The role of a user in the chain of cinemas."""

    CUSTOMER = "customer"
    BOX_OFFICE = "box_office"
    MANAGER = "manager"
    ADMIN = "admin"


_BOX_OFFICE = frozenset({"tickets:scan", "tickets:read", "seats:block", "orders:reseat"})
_MANAGER = _BOX_OFFICE | {
    "showtimes:write",
    "movies:write",
    "auditoriums:write",
    "reports:read",
    "refunds:write",
}
_ADMIN = _MANAGER | {
    "cinemas:write",
    "users:read",
    "users:write",
    "points:write",
    "system:read",
    "reviews:moderate",
    "mail:send",
    "mail:read",
    "rewards:write",
}
SCOPES: Final[dict[Role, frozenset[str]]] = {
    Role.CUSTOMER: frozenset(),
    Role.BOX_OFFICE: _BOX_OFFICE,
    Role.MANAGER: _MANAGER,
    Role.ADMIN: _ADMIN,
}
"""The scopes in the access token of each role."""


@dataclass(frozen=True, slots=True)
class UserRecord:
    """An account, without its secrets."""

    id: str
    email: str
    name: str
    role: Role
    locale: Locale
    cinema_ids: tuple[str, ...]
    created_at: datetime
    erasure_requested_at: datetime | None = None
    erased_at: datetime | None = None
    phone: str | None = None
    """In E.164, as +51987654321."""

    @property
    def is_active(self) -> bool:
        """True if the account can be signed in to."""
        return self.erasure_requested_at is None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One signed-in device: a family of refresh tokens, each used once."""

    id: str
    user_id: str
    device: str | None
    created_at: datetime
    last_seen_at: datetime
    revoked_at: datetime | None = None


def sees_name(viewer: Viewer, user: UserRecord) -> bool:
    """True if the viewer may see the whole name: the user themself, and staff, who hand out tickets."""
    return viewer.is_user(user.id) or viewer.is_staff


def sees_account(viewer: Viewer, user: UserRecord) -> bool:
    """True if the viewer may see the email, the phone and the role: the user themself, and admins."""
    # Not all staff: a review leads every member of staff to its author, whose address is not their business.
    return viewer.is_user(user.id) or viewer.has_scope("users:read")


def public_name(name: str) -> str:
    """Return the form of a name that others see: "Ana María Pérez" becomes "Ana P."."""
    parts = name.split()
    if len(parts) < 2:
        return name
    return f"{parts[0]} {parts[-1][0].upper()}."


def password_problem(password: str, *, email: str, name: str) -> str | None:
    """Return why a new password is too weak, or None."""
    # No rule asks for digits or symbols: length protects better (NIST SP 800-63B).
    least, most = PASSWORD_LENGTH
    if len(password) < least:
        return f"A password needs at least {least} characters."
    if len(password) > most:
        return f"A password has at most {most} characters."
    folded = password.casefold()
    if len(set(folded)) < 4:
        return "This password is too easy to guess."
    if folded in {email.casefold(), name.casefold(), email.partition("@")[0].casefold()}:
        return "A password must not be your name or your email."
    if folded in _COMMON_PASSWORDS:
        return "This password is among the first that anyone would try."
    return None


_COMMON_PASSWORDS: Final = frozenset(
    {
        "1234567890",
        "0123456789",
        "12345678910",
        "0987654321",
        "1q2w3e4r5t",
        "qwertyuiop",
        "qwerty12345",
        "qwerty123456",
        "password123",
        "password1234",
        "contraseña",
        "contraseña1",
        "contrasena1",
        "contraseña123",
        "administrator",
        "administrador",
        "iloveyou123",
        "letmein12345",
        "welcome1234",
        "changeme123",
    }
)
