"""The events that users consumes, each with the fields that its handler reads."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.events import ConsumedEvent, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErased(ConsumedEvent):
    """A receipt: a subgraph has erased a person's data."""

    TYPES = ("user.erased",)
    user_id: Text
    subgraph: Text
