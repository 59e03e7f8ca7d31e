"""The use cases of tickets: one method each, one transaction each. Never awaits another service in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from marquee_subgraphs.tickets.service.box_office import BoxOffice
from marquee_subgraphs.tickets.service.door import Door
from marquee_subgraphs.tickets.service.holding import Holding
from marquee_subgraphs.tickets.service.ordering import Ordering
from marquee_subgraphs.tickets.service.projecting import Projecting
from marquee_subgraphs.tickets.service.reading import Reading
from marquee_subgraphs.tickets.service.refunding import Refunding
from marquee_subgraphs.tickets.service.reseating import Reseating
from marquee_subgraphs.tickets.service.settling import Settling
from marquee_subgraphs.tickets.service.sweeping import Sweeping
from marquee_subgraphs.tickets.service.waiting import Waiting
from marquee_subgraphs.tickets.service.watching import Watching

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
