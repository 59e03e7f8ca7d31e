"""The use cases of tickets: one method each, one transaction each. Never awaits another service in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from marquee_subgraphs.tickets.service.box_office import BoxOffice
from marquee_subgraphs.tickets.service.check_in import CheckIn
from marquee_subgraphs.tickets.service.expiry import Expiry
from marquee_subgraphs.tickets.service.holds import Holds
from marquee_subgraphs.tickets.service.orders import Orders
from marquee_subgraphs.tickets.service.projections import Projections
from marquee_subgraphs.tickets.service.queries import Queries
from marquee_subgraphs.tickets.service.refunds import Refunds
from marquee_subgraphs.tickets.service.reseat import Reseat
from marquee_subgraphs.tickets.service.settlement import Settlement
from marquee_subgraphs.tickets.service.subscriptions import Subscriptions
from marquee_subgraphs.tickets.service.waitlist import Waitlist

__all__ = ["BoxOffice", "TicketService"]


@dataclass(frozen=True, slots=True)
class TicketService:
    """What resolvers, consumers and background tasks call."""

    office: BoxOffice
    holds: Holds
    orders: Orders
    refunds: Refunds
    reseat: Reseat
    settlement: Settlement
    projections: Projections
    check_in: CheckIn
    queries: Queries
    subscriptions: Subscriptions
    expiry: Expiry
    waitlist: Waitlist

    @classmethod
    def of(cls, office: BoxOffice) -> Self:
        """Make every use case over one box office."""
        queries = Queries(office)
        return cls(
            office=office,
            holds=Holds(office),
            orders=Orders(office),
            refunds=Refunds(office),
            reseat=Reseat(office),
            settlement=Settlement(office),
            projections=Projections(office),
            check_in=CheckIn(office),
            queries=queries,
            subscriptions=Subscriptions(office, queries),
            expiry=Expiry(office),
            waitlist=Waitlist(office),
        )
