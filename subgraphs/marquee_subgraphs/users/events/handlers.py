"""What users does about the events that it consumes.

Each handler runs in one transaction with the inbox row, so exactly once. It only calls a use case or the
store; it never decides a rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.users.events.consumed import UserErased
from marquee_subgraphs.users.service import UserService


@dataclass(frozen=True, slots=True)
class UserHandlers:
    """The handlers of users."""

    backend: Backend
    service: UserService

    def register(self) -> None:
        """Have the consumer call each handler for its events."""
        self.backend.consumer.on(UserErased, self.on_user_erased)

    async def on_user_erased(self, tx: Transaction, event: UserErased, envelope: Envelope) -> None:
        """Record the receipt of another subgraph, and erase the account with the last one."""
        # Users publishes `user.erased` too, last of all, and receives it back.
        if event.subgraph != "users":
            await self.service.privacy.receive_receipt(tx, event.user_id, event.subgraph, envelope)
