"""The refusals of tickets with a GraphQL type of their own, and how their records are shown."""

from __future__ import annotations

from marquee_subgraphs.kit.graphql import FieldView, ShownRefusal, shown
from marquee_subgraphs.kit.refusals import Refusal
from marquee_subgraphs.tickets import errors
from marquee_subgraphs.tickets.domain.orders import Ticket as TicketRecord
from marquee_subgraphs.tickets.domain.refunds import RefundOption as Option
from marquee_subgraphs.tickets.schema.orders import RefundOption, Ticket
from marquee_subgraphs.tickets.schema.seats import SEAT_PLACE, Seat, to_seats


def _to_options(options: list[Option]) -> list[RefundOption]:
    return [RefundOption.of(option) for option in options]


def _to_ticket(record: TicketRecord | None) -> Ticket | None:
    return None if record is None else Ticket.of(record)


_SEATS = FieldView(list[Seat], to_seats, provides=[SEAT_PLACE])

USER_ERRORS: tuple[type[Refusal] | ShownRefusal, ...] = (
    shown(errors.SeatsUnavailable, seats=_SEATS, alternatives=_SEATS),
    errors.TooManySeats,
    shown(errors.LonelySeat, seats=_SEATS, alternatives=_SEATS),
    shown(errors.CompanionOnly, wheelchair_seats=_SEATS),
    errors.HoldExpired,
    errors.SalesClosed,
    errors.VoucherInvalid,
    shown(errors.OrderNotCancellable, refund_options=FieldView(list[RefundOption], _to_options)),
    shown(errors.TicketNotAdmitted, ticket=FieldView(Ticket | None, _to_ticket)),
)
