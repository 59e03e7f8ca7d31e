"""What tickets refuses beyond the shared refusals; each offers a way out where there is one.

The annotated fields are those that clients see; `schema/errors.py` says how those with records are shown.

Refusal
├── SeatsUnavailable     somebody was faster; carries seats that could be taken instead
├── TooManySeats         more than a hold, or a customer at one showtime, may have
├── LonelySeat           a single seat would be left alone, and need not be
├── CompanionOnly        a companion seat without its wheelchair seat
├── HoldExpired          the hold is over, or never existed
├── SalesClosed          the showtime sells no (more) seats
├── VoucherInvalid       the voucher cannot be used for this order
├── OrderNotCancellable  the policy gives this person nothing back (any more)
├── TicketNotAdmitted    nobody enters with this code
│   ├── UnknownTicket
│   ├── AlreadyCheckedIn
│   ├── TicketVoid
│   └── WrongDay
└── Conflict
    ├── HoldOrdered      the hold belongs to an order already
    ├── SeatCostsMore    a ticket is not moved to a dearer seat
    ├── SeatsAvailable   nobody needs to wait: there are as many seats
    ├── WaitlistChanged  an offer came while one was leaving
    ├── WaitlistFull     too many wait already
    ├── TicketNotReseatable  the ticket was used or given back, or the showtime is over
    └── NotCheckedIn     there is no check-in to undo
"""

from __future__ import annotations

from collections.abc import Sequence

from marquee_subgraphs.kit.refusals import Conflict, Refusal
from marquee_subgraphs.tickets.domain.hall import SeatView
from marquee_subgraphs.tickets.domain.orders import Ticket
from marquee_subgraphs.tickets.domain.refunds import RefundOption


class SeatsUnavailable(Refusal):
    """Somebody was faster; the alternatives are as many seats, or what is left."""

    code = "SEATS_UNAVAILABLE"
    seats: list[SeatView]
    alternatives: list[SeatView]

    def __init__(
        self,
        seats: Sequence[SeatView],
        alternatives: Sequence[SeatView],
        path: Sequence[str] = ("input", "seatIds"),
    ) -> None:
        super().__init__("Some of these seats are no longer free.", path)
        self.seats = list(seats)
        self.alternatives = list(alternatives)


class TooManySeats(Refusal):
    """More seats than a hold, or a customer at one showtime, may have."""

    code = "TOO_MANY_SEATS"
    limit: int

    def __init__(self, limit: int) -> None:
        super().__init__(f"At most {limit} seats of a showtime, please.", ["input", "seatIds"])
        self.limit = limit


class LonelySeat(Refusal):
    """`seats` would be left alone; the alternatives leave none alone."""

    code = "LONELY_SEAT"
    seats: list[SeatView]
    alternatives: list[SeatView]

    def __init__(self, seats: Sequence[SeatView], alternatives: Sequence[SeatView]) -> None:
        super().__init__("This choice leaves a single seat alone.", ["input", "seatIds"])
        self.seats = list(seats)
        self.alternatives = list(alternatives)


class CompanionOnly(Refusal):
    """A companion seat goes with its wheelchair seat: take these too."""

    code = "COMPANION_ONLY"
    wheelchair_seats: list[SeatView]

    def __init__(self, wheelchair_seats: Sequence[SeatView]) -> None:
        super().__init__("A companion seat goes only with its wheelchair seat.", ["input", "seatIds"])
        self.wheelchair_seats = list(wheelchair_seats)


class HoldExpired(Refusal):
    """The hold is over; choose again."""

    code = "HOLD_EXPIRED"

    def __init__(self) -> None:
        super().__init__("These seats are no longer held. Choose again.", ["input", "holdToken"])


class SalesClosed(Refusal):
    """The showtime sells no more seats."""

    code = "SALES_CLOSED"

    def __init__(self, message: str = "Sales for this showtime have closed.") -> None:
        super().__init__(message)


class VoucherInvalid(Refusal):
    """The voucher cannot be used for this order."""

    code = "VOUCHER_INVALID"

    def __init__(self, message: str = "There is no such voucher for you.") -> None:
        super().__init__(message, ["input", "voucher"])


class OrderNotCancellable(Refusal):
    """The policy gives nothing back, or only through staff."""

    code = "ORDER_NOT_CANCELLABLE"
    refund_options: list[RefundOption]

    def __init__(self, message: str, options: Sequence[RefundOption] = ()) -> None:
        super().__init__(message)
        self.refund_options = list(options)


class TicketNotAdmitted(Refusal):
    """The door stays closed; `code` says why."""

    code = "TICKET_NOT_ADMITTED"
    ticket: Ticket | None
    reason: str

    def __init__(self, message: str, ticket: Ticket | None = None) -> None:
        super().__init__(message, ["input", "qrCode"])
        self.ticket = ticket
        self.reason = message


class UnknownTicket(TicketNotAdmitted):
    """The code is not of one of our tickets, or was replaced."""

    code = "UNKNOWN_TICKET"

    def __init__(self, ticket: Ticket | None = None) -> None:
        super().__init__("This code is not a ticket of ours.", None)


class AlreadyCheckedIn(TicketNotAdmitted):
    """Somebody has entered with this ticket."""

    code = "ALREADY_CHECKED_IN"

    def __init__(self, ticket: Ticket) -> None:
        super().__init__("Somebody has entered with this ticket already.", ticket)


class TicketVoid(TicketNotAdmitted):
    """The ticket was given back or never paid, or the showtime is cancelled."""

    code = "TICKET_VOID"

    def __init__(self, ticket: Ticket) -> None:
        super().__init__("This ticket is no longer valid.", ticket)


class WrongDay(TicketNotAdmitted):
    """The showtime is not now."""

    code = "WRONG_DAY"

    def __init__(self, ticket: Ticket) -> None:
        super().__init__("This ticket is for another time.", ticket)


class HoldOrdered(Conflict):
    """The hold's seats belong to an order."""

    code = "HOLD_ORDERED"

    def __init__(self) -> None:
        super().__init__("An order was placed for these seats.", ["input", "holdToken"])


class SeatCostsMore(Conflict):
    """The other seat is dearer than the ticket's."""

    code = "SEAT_COSTS_MORE"

    def __init__(self) -> None:
        super().__init__("That seat costs more than the ticket's. Choose another.", ["input", "seatId"])


class TicketNotReseatable(Conflict):
    """The ticket cannot be moved to that seat."""

    code = "TICKET_NOT_RESEATABLE"

    def __init__(self, message: str, path: Sequence[str] = ("input", "ticketId")) -> None:
        super().__init__(message, path)


class SeatsAvailable(Conflict):
    """There are enough seats left, so there is nothing to wait for."""

    code = "SEATS_AVAILABLE"

    def __init__(self) -> None:
        super().__init__("There are as many seats left: choose yours.", ["input", "seats"])


class WaitlistChanged(Conflict):
    """Seats were offered in this very moment."""

    code = "WAITLIST_CHANGED"

    def __init__(self) -> None:
        super().__init__("Seats were just offered to you. Look again.", ["input", "entryId"])


class WaitlistFull(Conflict):
    """No more can wait for this showtime."""

    code = "WAITLIST_FULL"

    def __init__(self) -> None:
        super().__init__("Too many are waiting already.", ["input", "showtimeId"])


class NotCheckedIn(Conflict):
    """Nobody has entered with the ticket, so there is no check-in to undo."""

    code = "NOT_CHECKED_IN"

    def __init__(self) -> None:
        super().__init__("Nobody has entered with this ticket.", ["input", "ticketId"])
