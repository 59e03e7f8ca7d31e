"""The typed user errors of tickets; each shows a refusal of `errors.py` with its way out."""

from __future__ import annotations

from typing import Self

import strawberry
from strawberry import federation

from marquee_subgraphs.kit.graphql import UserError, user_error
from marquee_subgraphs.tickets import errors
from marquee_subgraphs.tickets.schema.orders import RefundOption, Ticket
from marquee_subgraphs.tickets.schema.seats import SEAT_PLACE, Seat, to_seats


@user_error(errors.SeatsUnavailable)
class SeatsUnavailable(UserError):
    """Somebody was faster; the alternatives are as many seats, or what is left."""

    seats: list[Seat] = federation.field(provides=[SEAT_PLACE])
    alternatives: list[Seat] = federation.field(provides=[SEAT_PLACE])

    @classmethod
    def of(cls, refusal: errors.SeatsUnavailable) -> Self:
        return cls(
            code=refusal.code,
            message=refusal.message,
            path=refusal.path,
            seats=to_seats(refusal.seats),
            alternatives=to_seats(refusal.alternatives),
        )


@user_error(errors.TooManySeats)
class TooManySeats(UserError):
    """More seats than a hold, or a customer at one showtime, may have."""

    limit: int


@user_error(errors.LonelySeat)
class LonelySeat(UserError):
    """`seats` would be left alone; the alternatives leave none alone."""

    seats: list[Seat] = federation.field(provides=[SEAT_PLACE])
    alternatives: list[Seat] = federation.field(provides=[SEAT_PLACE])

    @classmethod
    def of(cls, refusal: errors.LonelySeat) -> Self:
        return cls(
            code=refusal.code,
            message=refusal.message,
            path=refusal.path,
            seats=to_seats(refusal.seats),
            alternatives=to_seats(refusal.alternatives),
        )


@user_error(errors.CompanionOnly)
class CompanionOnly(UserError):
    """A companion seat goes with its wheelchair seat: take these too."""

    wheelchair_seats: list[Seat] = federation.field(provides=[SEAT_PLACE])

    @classmethod
    def of(cls, refusal: errors.CompanionOnly) -> Self:
        return cls(
            code=refusal.code,
            message=refusal.message,
            path=refusal.path,
            wheelchair_seats=to_seats(refusal.wheelchair_seats),
        )


@user_error(errors.HoldExpired)
class HoldExpired(UserError):
    """The hold is over; choose again."""


@user_error(errors.SalesClosed)
class SalesClosed(UserError):
    """The showtime sells no more seats."""


@user_error(errors.VoucherInvalid)
class VoucherInvalid(UserError):
    """The voucher cannot be used for this order."""


@user_error(errors.OrderNotCancellable)
class OrderNotCancellable(UserError):
    """The policy gives nothing back, or only through staff."""

    refund_options: list[RefundOption]

    @classmethod
    def of(cls, refusal: errors.OrderNotCancellable) -> Self:
        return cls(
            code=refusal.code,
            message=refusal.message,
            path=refusal.path,
            refund_options=[RefundOption.of(option, refusal.order.currency) for option in refusal.options],
        )


@user_error(errors.TicketNotAdmitted)
class TicketNotAdmitted(UserError):
    """The door stays closed; `code` says why."""

    ticket: Ticket | None = None
    reason: str = strawberry.field(default="")

    @classmethod
    def of(cls, refusal: errors.TicketNotAdmitted) -> Self:
        return cls(
            code=refusal.code,
            message=refusal.message,
            path=refusal.path,
            ticket=None if refusal.ticket is None else Ticket.of(refusal.ticket),
            reason=refusal.reason,
        )


USER_ERRORS: tuple[type[UserError], ...] = (
    SeatsUnavailable,
    TooManySeats,
    LonelySeat,
    CompanionOnly,
    HoldExpired,
    SalesClosed,
    VoucherInvalid,
    OrderNotCancellable,
    TicketNotAdmitted,
)
