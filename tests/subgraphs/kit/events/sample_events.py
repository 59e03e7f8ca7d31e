"""The events of two services, `orders` and `tickets`, as each of them declares them."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.events import ConsumedEvent, PublishedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced(PublishedEvent):
    TYPE = "order.placed"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAdmired(PublishedEvent):
    """An event that nobody consumes."""

    TYPE = "order.admired"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatsSold(PublishedEvent):
    TYPE = "seats.sold"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder(ConsumedEvent):
    TYPES = ("order.placed",)
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldSeats(ConsumedEvent):
    TYPES = ("seats.sold",)
    number: int
