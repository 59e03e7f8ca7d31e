"""The use cases of tickets: one method each, one transaction each. None calls another service inside one.

`holds`, `orders`, `refunds`, `check_in`, `reseat`, `blocked_seats` and `waitlist` are what people ask for.
`settlement`, `refund_settlement` and `projections` are what events cause, `expiry` and `cancellations` what
time causes. `sale`, `returns` and `seat_changes` are the steps that several of them share.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.tickets.service.blocked_seats import BlockedSeats
from marquee_subgraphs.tickets.service.cancellations import Cancellations
from marquee_subgraphs.tickets.service.check_in import CheckIn
from marquee_subgraphs.tickets.service.expiry import Expiry
from marquee_subgraphs.tickets.service.holds import Holds
from marquee_subgraphs.tickets.service.orders import Orders
from marquee_subgraphs.tickets.service.projections import Projections
from marquee_subgraphs.tickets.service.queries import TicketQueries
from marquee_subgraphs.tickets.service.refund_settlement import RefundSettlement
from marquee_subgraphs.tickets.service.refunds import Refunds
from marquee_subgraphs.tickets.service.reseat import Reseat
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.returns import Returns
from marquee_subgraphs.tickets.service.sale import Sale
from marquee_subgraphs.tickets.service.seat_changes import SeatChanges
from marquee_subgraphs.tickets.service.settlement import Settlement
from marquee_subgraphs.tickets.service.subscriptions import Subscriptions
from marquee_subgraphs.tickets.service.waitlist import Waitlist


@dataclass(frozen=True, slots=True)
class TicketService:
    """What resolvers find as `info.context.service`."""

    resources: Resources
    holds: Holds
    blocked_seats: BlockedSeats
    orders: Orders
    refunds: Refunds
    check_in: CheckIn
    reseat: Reseat
    waitlist: Waitlist
    settlement: Settlement
    refund_settlement: RefundSettlement
    projections: Projections
    expiry: Expiry
    cancellations: Cancellations
    queries: TicketQueries
    subscriptions: Subscriptions

    @classmethod
    def of(cls, resources: Resources) -> TicketService:
        """Return the use cases on one backend."""
        seats = SeatChanges(resources)
        sale = Sale(resources, seats)
        returns = Returns(resources, seats, sale)
        queries = TicketQueries(resources)
        return cls(
            resources=resources,
            holds=Holds(resources, seats),
            blocked_seats=BlockedSeats(resources, seats),
            orders=Orders(resources, sale),
            refunds=Refunds(resources, sale, returns),
            check_in=CheckIn(resources, seats),
            reseat=Reseat(resources, seats),
            waitlist=Waitlist(resources, seats),
            settlement=Settlement(resources, sale),
            refund_settlement=RefundSettlement(resources, returns),
            projections=Projections(resources),
            expiry=Expiry(resources, seats, sale),
            cancellations=Cancellations(resources, seats, sale, returns),
            queries=queries,
            subscriptions=Subscriptions(resources, queries),
        )


__all__ = ["Resources", "TicketService"]
