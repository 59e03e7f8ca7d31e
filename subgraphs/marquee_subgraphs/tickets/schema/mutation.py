"""The mutations of tickets: inputs, payloads, thin resolvers."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`)
from __future__ import annotations

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.graphql import Locale, Payload, mutation
from marquee_subgraphs.tickets.schema.holds import Hold
from marquee_subgraphs.tickets.schema.orders import Order, Ticket
from marquee_subgraphs.tickets.schema.seats import SEAT_PLACE, Info, Seat, to_seats
from marquee_subgraphs.tickets.schema.waitlist import WaitlistMutation
from marquee_subgraphs.tickets.service.reseat import SCOPE_RESEAT


@strawberry.type
class HoldSeatsPayload(Payload):
    hold: Hold | None = None


@strawberry.type
class ExtendHoldPayload(Payload):
    hold: Hold | None = None


@strawberry.type
class ReleaseHoldPayload(Payload):
    hold: Hold | None = strawberry.field(default=None, description="What is left of it; null when nothing.")


@strawberry.type
class PlaceOrderPayload(Payload):
    order: Order | None = None


@strawberry.type
class CancelOrderPayload(Payload):
    order: Order | None = None


@strawberry.type
class CheckInTicketPayload(Payload):
    ticket: Ticket | None = None


@strawberry.type
class UndoCheckInPayload(Payload):
    ticket: Ticket | None = None


@strawberry.type
class ReseatTicketPayload(Payload):
    ticket: Ticket | None = None


@strawberry.type
class BlockSeatsPayload(Payload):
    seats: list[Seat] | None = federation.field(default=None, provides=[SEAT_PLACE])


@strawberry.input
class HoldSeatsInput:
    showtime_id: ID
    seat_ids: list[ID]
    hold_token: str | None = strawberry.field(default=None, description="Adds the seats to one's own hold.")
    idempotency_key: str | None = None


@strawberry.input
class ExtendHoldInput:
    hold_token: str


@strawberry.input
class ReleaseHoldInput:
    hold_token: str
    seat_ids: list[ID] | None = strawberry.field(default=None, description="All seats, unless named.")


@strawberry.input
class PlaceOrderInput:
    hold_token: str
    email: str | None = strawberry.field(default=None, description="Where a guest's tickets go.")
    locale: Locale | None = None
    voucher: str | None = None
    idempotency_key: str


@strawberry.input
class CancelOrderInput:
    order_id: ID
    ticket_ids: list[ID] | None = strawberry.field(default=None, description="All tickets, unless named.")
    access_token: str | None = None
    reason: str | None = strawberry.field(default=None, description="Needed from staff.")
    idempotency_key: str


@strawberry.input
class CheckInTicketInput:
    qr_code: str
    gate: str
    nonce: str = strawberry.field(description="Made once per scan: the same again gets the same answer.")


@strawberry.input
class UndoCheckInInput:
    ticket_id: ID
    reason: str


@strawberry.input
class ReseatTicketInput:
    ticket_id: ID
    seat_id: ID
    reason: str
    idempotency_key: str


@strawberry.input
class BlockSeatsInput:
    showtime_id: ID
    seat_ids: list[ID]
    blocked: bool
    reason: str


@strawberry.type
class Mutation(WaitlistMutation):
    @mutation(description="Hold all these seats for ten minutes, or none.")
    async def hold_seats(self, info: Info, input: HoldSeatsInput) -> HoldSeatsPayload:
        held = await info.context.service.holds.hold(
            info.context.viewer,
            showtime_id=input.showtime_id,
            seat_ids=input.seat_ids,
            hold_token=input.hold_token,
            idempotency_key=input.idempotency_key,
            client=info.context.client_address or "",
        )
        return HoldSeatsPayload(hold=Hold.of(held))

    @mutation(description="Ten minutes more from now, up to thirty in all.")
    async def extend_hold(self, info: Info, input: ExtendHoldInput) -> ExtendHoldPayload:
        held = await info.context.service.holds.extend(info.context.viewer, hold_token=input.hold_token)
        return ExtendHoldPayload(hold=Hold.of(held))

    @mutation(description="Give seats back.")
    async def release_hold(self, info: Info, input: ReleaseHoldInput) -> ReleaseHoldPayload:
        held = await info.context.service.holds.release(
            info.context.viewer, hold_token=input.hold_token, seat_ids=input.seat_ids
        )
        return ReleaseHoldPayload(hold=None if held is None else Hold.of(held))

    @mutation(description="Make an order of a hold: its price is frozen, payment may begin.")
    async def place_order(self, info: Info, input: PlaceOrderInput) -> PlaceOrderPayload:
        orders = info.context.service.orders
        request = orders.read_request(
            hold_token=input.hold_token,
            email=input.email,
            locale=input.locale,
            voucher=input.voucher,
            idempotency_key=input.idempotency_key,
        )
        placed = await orders.place(info.context.viewer, request)
        return PlaceOrderPayload(order=Order.of(placed.order, info, access_token=placed.access_token))

    @mutation(description="Cancel a pending order, or give tickets back as Order.refundOptions says.")
    async def cancel_order(self, info: Info, input: CancelOrderInput) -> CancelOrderPayload:
        order = await info.context.service.refunds.cancel(
            info.context.viewer,
            order_id=input.order_id,
            ticket_ids=input.ticket_ids,
            access_token=input.access_token,
            reason=input.reason,
            idempotency_key=input.idempotency_key,
        )
        return CancelOrderPayload(order=Order.of(order, info))

    @mutation(scopes=["tickets:scan"], description="Admit a ticket, once.")
    async def check_in_ticket(self, info: Info, input: CheckInTicketInput) -> CheckInTicketPayload | None:
        ticket = await info.context.service.check_in.check_in(
            info.context.viewer, qr_code=input.qr_code, gate=input.gate, nonce=input.nonce
        )
        return CheckInTicketPayload(ticket=Ticket.of(ticket))

    @mutation(scopes=["tickets:scan"], description="Take a check-in back; audited.")
    async def undo_check_in(self, info: Info, input: UndoCheckInInput) -> UndoCheckInPayload | None:
        ticket = await info.context.service.check_in.undo_check_in(
            info.context.viewer, ticket_id=input.ticket_id, reason=input.reason
        )
        return UndoCheckInPayload(ticket=Ticket.of(ticket))

    @mutation(
        scopes=[SCOPE_RESEAT],
        description="Move a ticket to a free seat that costs no more; its code is replaced; audited.",
    )
    async def reseat_ticket(self, info: Info, input: ReseatTicketInput) -> ReseatTicketPayload | None:
        ticket = await info.context.service.reseat.reseat(
            info.context.viewer,
            ticket_id=input.ticket_id,
            seat_id=input.seat_id,
            reason=input.reason,
            idempotency_key=input.idempotency_key,
        )
        return ReseatTicketPayload(ticket=Ticket.of(ticket))

    @mutation(scopes=["seats:block"], description="Take unsold seats out of sale, or put them back; audited.")
    async def block_seats(self, info: Info, input: BlockSeatsInput) -> BlockSeatsPayload | None:
        seats = await info.context.service.blocked_seats.block(
            info.context.viewer,
            showtime_id=input.showtime_id,
            seat_ids=input.seat_ids,
            blocked=input.blocked,
            reason=input.reason,
        )
        return BlockSeatsPayload(seats=to_seats(seats))
