"""The use cases of tickets: one method each, one transaction each. Never awaits another service in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from marquee_subgraphs.tickets.service.box_office import BoxOffice
from marquee_subgraphs.tickets.service.check_in import Door
from marquee_subgraphs.tickets.service.holds import Holding
from marquee_subgraphs.tickets.service.orders import Ordering
from marquee_subgraphs.tickets.service.projections import Projecting
from marquee_subgraphs.tickets.service.queries import Reading
from marquee_subgraphs.tickets.service.refunds import Refunding
from marquee_subgraphs.tickets.service.reseat import Reseating
from marquee_subgraphs.tickets.service.settlement import Settling
from marquee_subgraphs.tickets.service.expiry import Sweeping
from marquee_subgraphs.tickets.service.waitlist import Waiting
from marquee_subgraphs.tickets.service.subscriptions import Watching

__all__ = ["BoxOffice", "TicketService"]


@dataclass(frozen=True, slots=True)
class TicketService:
    """What resolvers, consumers and background tasks call."""

    office: BoxOffice
    holding: Holding
    ordering: Ordering
    refunding: Refunding
    reseating: Reseating
    settling: Settling
    projecting: Projecting
    door: Door
    reading: Reading
    watching: Watching
    sweeping: Sweeping
    waiting: Waiting

    @classmethod
    def of(cls, office: BoxOffice) -> Self:
        """Make every use case over one box office."""
        reading = Reading(office)
        return cls(
            office=office,
            holding=Holding(office),
            ordering=Ordering(office),
            refunding=Refunding(office),
            reseating=Reseating(office),
            settling=Settling(office),
            projecting=Projecting(office),
            door=Door(office),
            reading=reading,
            watching=Watching(office, reading),
            sweeping=Sweeping(office),
            waiting=Waiting(office),
        )
