"""The events that analytics publishes: nothing but receipts of erasure."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.events import PublishedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErased(PublishedEvent):
    """The receipt of an erasure: no figure leads to the person any more. The aggregate is the user."""

    TYPE = "user.erased"
    user_id: str
    subgraph: str
