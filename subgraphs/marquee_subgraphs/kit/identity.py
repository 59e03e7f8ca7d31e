"""The `Viewer`, built only from the router's signed header, and the checks that subgraphs make on it.

The header `x-marquee-identity` is a short-lived EdDSA JWT of issuer `marquee-router`. Its audience is one
subgraph, as `marquee-subgraphs/tickets`: what tickets received, no other subgraph accepts. Nothing else in a
request can make a viewer; a client's own access token never reaches a subgraph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt

from marquee_foundation.errors import MarqueeError
from marquee_foundation.lru import LeastRecentlyUsed
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.identity_keys import IdentityKeys, UnknownKey
from marquee_subgraphs.kit.refusals import NotAllowed, Unauthenticated

IDENTITY_HEADER: Final = "x-marquee-identity"
ISSUER: Final = "marquee-router"
STAFF_ROLES: Final = frozenset({"box_office", "manager", "admin"})
_CACHE_SIZE: Final = 4096


def audience_of(subgraph: str) -> str:
    """Return the audience of the identities that this subgraph accepts."""
    return f"marquee-subgraphs/{subgraph}"


class InvalidIdentity(MarqueeError):
    """The identity header is absent, forged, expired or malformed. The message never quotes the token."""

    code = "INVALID_IDENTITY"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person on whose behalf the router asks, or nobody."""

    user_id: str | None = None
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    session_id: str | None = None
    cinemas: frozenset[str] = frozenset()
    """The cinemas where a member of staff works; an admin works at all of them, and has none here."""

    @property
    def is_anonymous(self) -> bool:
        return self.user_id is None

    @property
    def is_admin(self) -> bool:
        return "admin" in self.roles

    @property
    def is_staff(self) -> bool:
        return not STAFF_ROLES.isdisjoint(self.roles)

    def has_scope(self, scope: str) -> bool:
        return scope in self.scopes

    def is_user(self, user_id: str | None) -> bool:
        """Return True if the viewer is this user. False for nobody, whatever the id."""
        return self.user_id is not None and self.user_id == user_id

    def works_at(self, cinema_id: str) -> bool:
        """Return True if the viewer is staff of this cinema; admins are staff of all."""
        return self.is_admin or (self.is_staff and cinema_id in self.cinemas)

    def require_user(self) -> str:
        """Return the user's id, or raise `Unauthenticated`."""
        if self.user_id is None:
            raise Unauthenticated
        return self.user_id

    def require_scope(self, scope: str) -> str:
        """Return the user's id when the viewer has `scope`; raise `Unauthenticated` or `NotAllowed`
        otherwise.
        """
        user_id = self.require_user()
        if scope not in self.scopes:
            raise NotAllowed(f"This needs the scope {scope}.")
        return user_id

    def require_self_or_scope(self, user_id: str, scope: str) -> None:
        """Return if the viewer is the user or has `scope`; else raise `Unauthenticated` or `NotAllowed`."""
        if self.require_user() != user_id:
            self.require_scope(scope)

    def require_works_at(self, cinema_id: str, scope: str) -> str:
        """Return the user's id when the viewer has `scope` and is staff of this cinema."""
        user_id = self.require_scope(scope)
        if not self.works_at(cinema_id):
            raise NotAllowed("This belongs to another cinema.")
        return user_id


ANONYMOUS: Final = Viewer()


class IdentityVerifier:
    """Turns the router's header into a viewer.

    Remembers verified headers until they expire: the subgraph calls of one client request carry the same
    header, and only the first pays for a signature check.
    """

    __slots__ = ("_clock", "_keys", "_known", "_leeway_seconds")

    def __init__(self, keys: IdentityKeys, clock: Clock, *, leeway_seconds: float = 5.0) -> None:
        self._keys = keys
        self._clock = clock
        self._leeway_seconds = leeway_seconds
        self._known: LeastRecentlyUsed[tuple[str, str], tuple[Viewer, float]] = LeastRecentlyUsed(_CACHE_SIZE)

    async def verify(self, header: str | None, subgraph: str) -> Viewer:
        """Return the viewer of a header's value that `subgraph` received. Raises `InvalidIdentity`."""
        if not header:
            raise InvalidIdentity("the identity header is missing")
        now = self._clock.now().timestamp()
        known = self._known.get((subgraph, header))
        if known is not None:
            viewer, expires_at = known
            # A remembered header is still checked against the clock: remembering must not lengthen its life.
            if now < expires_at:
                return viewer
            self._known.pop((subgraph, header))
            raise InvalidIdentity("the identity has expired")
        claims = await self._decode(header, subgraph)
        expires_at = _seconds(claims, "exp") + self._leeway_seconds
        if now >= expires_at:
            raise InvalidIdentity("the identity has expired")
        if _seconds(claims, "iat") - self._leeway_seconds > now:
            raise InvalidIdentity("the identity is not valid yet")
        viewer = _viewer(claims)
        self._known.put((subgraph, header), (viewer, expires_at))
        return viewer

    async def _decode(self, header: str, subgraph: str) -> Mapping[str, Any]:
        try:
            key_id = jwt.get_unverified_header(header).get("kid")
            key = await self._keys.find(key_id if isinstance(key_id, str) else None)
            claims: Mapping[str, Any] = jwt.decode(
                header,
                key,
                algorithms=["EdDSA"],
                audience=audience_of(subgraph),
                issuer=ISSUER,
                # Times are checked against the kit's clock, which tests can stop.
                options={
                    "require": ["iss", "aud", "iat", "exp"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, UnknownKey) as error:
            raise InvalidIdentity(f"the identity does not verify ({type(error).__name__})") from error
        return claims


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidIdentity(f"the claim {name} is not a time")
    return float(value)


def _viewer(claims: Mapping[str, Any]) -> Viewer:
    subject = claims.get("sub")
    if subject is None or subject == "":
        if claims.get("anonymous") is not True:
            raise InvalidIdentity("the identity names nobody and does not say so")
        return ANONYMOUS
    if not isinstance(subject, str):
        raise InvalidIdentity("the claim sub is not text")
    session_id = claims.get("sid")
    scopes = claims.get("scopes", "")
    if not isinstance(scopes, str) or not isinstance(session_id, str | None):
        raise InvalidIdentity("the claims scopes and sid must be text")
    return Viewer(
        user_id=subject,
        roles=_names(claims, "roles"),
        scopes=frozenset(scopes.split()),
        session_id=session_id,
        cinemas=_names(claims, "cinemas"),
    )


def _names(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    values = claims.get(claim) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidIdentity(f"the claim {claim} is not a list of names")
    return frozenset(values)
