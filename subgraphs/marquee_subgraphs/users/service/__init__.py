"""The use cases of users: one method each, one transaction each.

`accounts`, `sessions` and `privacy` are what people ask for. `credentials` and `session_issuer` are the steps
that they share. Each asks the viewer for permission again; none knows GraphQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.users.service.accounts import Accounts
from marquee_subgraphs.users.service.credentials import Credentials
from marquee_subgraphs.users.service.ended_sessions import EndedSessions
from marquee_subgraphs.users.service.passwords import Passwords
from marquee_subgraphs.users.service.privacy import Privacy
from marquee_subgraphs.users.service.session_issuer import Client, SessionIssuer, SignedIn
from marquee_subgraphs.users.service.sessions import Sessions
from marquee_subgraphs.users.service.sign_in_throttle import SignInThrottle
from marquee_subgraphs.users.service.tokens import AccessTokens
from marquee_subgraphs.users.store import UserStore


@dataclass(frozen=True, slots=True)
class UserService:
    """What resolvers find as `info.context.service`."""

    accounts: Accounts
    sessions: Sessions
    privacy: Privacy
    ended_sessions: EndedSessions
    """Which access tokens a router in this process refuses."""
    jwks: Mapping[str, object]
    """The public keys with which a router verifies access tokens, as a JWKS document."""

    @classmethod
    def of(
        cls,
        backend: Backend,
        store: UserStore,
        tokens: AccessTokens,
        passwords: Passwords,
        throttle: SignInThrottle,
    ) -> UserService:
        """Return the use cases on one backend."""
        ended = EndedSessions(backend.clock)
        credentials = Credentials(backend, store, passwords, throttle)
        issuer = SessionIssuer(store, tokens, ended)
        return cls(
            accounts=Accounts(backend, store, credentials, issuer),
            sessions=Sessions(backend, store, credentials, issuer),
            privacy=Privacy(backend, store, credentials, issuer),
            ended_sessions=ended,
            jwks=tokens.jwks,
        )


__all__ = ["Accounts", "Client", "Privacy", "Sessions", "SignedIn", "UserService"]
