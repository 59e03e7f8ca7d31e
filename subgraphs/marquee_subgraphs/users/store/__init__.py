"""The store of users: the only SQL of this subgraph, one module for each kind of row."""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_subgraphs.users.store.accounts import AccountStore
from marquee_subgraphs.users.store.devices import DeviceStore
from marquee_subgraphs.users.store.erasures import ErasureStore
from marquee_subgraphs.users.store.sessions import RefreshTokenRecord, SessionStore

__all__ = ["AccountStore", "DeviceStore", "ErasureStore", "RefreshTokenRecord", "SessionStore", "UserStore"]


@dataclass(frozen=True, slots=True)
class UserStore:
    """The parts of the store. None holds state: each method takes the connection or transaction."""

    accounts: AccountStore = field(default_factory=AccountStore)
    sessions: SessionStore = field(default_factory=SessionStore)
    devices: DeviceStore = field(default_factory=DeviceStore)
    erasures: ErasureStore = field(default_factory=ErasureStore)
