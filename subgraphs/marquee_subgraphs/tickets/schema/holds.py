"""A hold as its owner sees it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.tickets.domain.hall import HeldSeats
from marquee_subgraphs.tickets.schema.seats import SEAT_PLACE, Seat, Showtime, to_seats


@strawberry.type
class Hold:
    """Seats that are kept for the owner of the token."""

    id: ID
    token: str = strawberry.field(description="A secret: the right to these seats.")
    expires_at: datetime
    extendable_until: datetime
    showtime: Showtime
    seats: list[Seat] = federation.field(provides=[SEAT_PLACE])

    @classmethod
    def of(cls, held: HeldSeats) -> Self:
        hold = held.hold
        return cls(
            id=ID(hold.id),
            token=held.token,
            expires_at=hold.expires_at,
            extendable_until=hold.extendable_until,
            showtime=Showtime(id=ID(hold.showtime_id)),
            seats=to_seats(held.seats),
        )
