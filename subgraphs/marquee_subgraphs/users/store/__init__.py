"""The store of users: the only SQL of this subgraph, one module for accounts, sessions and erasures each."""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_subgraphs.users.store.accounts import AccountStore
from marquee_subgraphs.users.store.erasures import ErasureStore
from marquee_subgraphs.users.store.sessions import RefreshTokenRecord, SessionStore

__all__ = ["AccountStore", "ErasureStore", "RefreshTokenRecord", "SessionStore", "UserStore"]


@dataclass(frozen=True, slots=True)
class UserStore:
    """The three parts of the store. None holds state: each method takes the connection or transaction."""

    accounts: AccountStore = field(default_factory=AccountStore)
    sessions: SessionStore = field(default_factory=SessionStore)
    erasures: ErasureStore = field(default_factory=ErasureStore)
