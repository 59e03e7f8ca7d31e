"""The GraphQL types and resolvers of payments. Decides only what a viewer is shown."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`, `id`)
from __future__ import annotations

import logging
from datetime import datetime
from typing import Self, TypeAlias, cast

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.graphql import (
    Connection,
    Context,
    Money,
    MoneyInput,
    Payload,
    Representation,
    SubgraphSchema,
    UserError,
    build_schema,
    connection_size,
    cost,
    field,
    mutation,
    system_health,
)
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.payments.adapters.methods import PaymentMethodInfo
from marquee_subgraphs.payments.domain.payment import PaymentEvent as Happening
from marquee_subgraphs.payments.domain.payment import PaymentStatus
from marquee_subgraphs.payments.domain.records import PaymentRecord, RefundRecord
from marquee_subgraphs.payments.domain.refund import RefundStatus
from marquee_subgraphs.payments.errors import CardDeclined, OrderNotPayable, PaymentUnknown
from marquee_subgraphs.payments.service import PaymentService
from marquee_subgraphs.payments.service.checkout import refusal_of
from marquee_subgraphs.payments.service.queries import may_ask, may_see
from marquee_subgraphs.payments.service.refunds import RefundRequest

Info: TypeAlias = strawberry.Info[Context[PaymentService], None]

strawberry.enum(PaymentStatus, name="PaymentStatus", description="Where a payment stands.")
strawberry.enum(RefundStatus, name="RefundStatus", description="Where a refund stands.")


@strawberry.type
class PaymentMethod:
    """A demo card, and what it does."""

    id: ID
    label: str
    brand: str
    last4: str
    behaviour: str

    @classmethod
    def of(cls, method: PaymentMethodInfo) -> Self:
        return cls(
            id=ID(method.id),
            label=method.label,
            brand=method.brand,
            last4=method.last4,
            behaviour=method.behaviour,
        )


@strawberry.type
class PaymentAction:
    """What the customer has to do: with 3-D Secure, go where the bank asks, then `confirmPayment`."""

    type: str
    url: str


@strawberry.type
class PaymentEvent:
    """Something that happened to a payment."""

    type: str
    at: datetime
    detail: str | None

    @classmethod
    def of(cls, event: Happening) -> Self:
        return cls(type=event.kind.value, at=event.at, detail=event.message or event.code or event.reference)


@strawberry.type
class Refund:
    """Money given back, or asked to be."""

    id: ID
    amount: Money
    status: RefundStatus
    reason: str
    created_at: datetime

    @classmethod
    def of(cls, record: RefundRecord) -> Self:
        return cls(
            id=ID(record.id),
            amount=Money.of(record.amount),
            status=record.status,
            reason=record.reason,
            created_at=record.created_at,
        )


@federation.type(keys=["id"])
class Payment:
    """One attempt to pay an order. Its status follows from its events."""

    record: strawberry.Private[PaymentRecord]
    id: ID
    status: PaymentStatus
    amount: Money
    refunded: Money
    payment_method: str
    failure_code: str | None
    failure_message: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, record: PaymentRecord) -> Self:
        state = record.state
        return cls(
            record=record,
            id=ID(record.id),
            status=state.status,
            amount=Money.of(state.amount),
            refunded=Money.of(state.refunded),
            payment_method=record.payment_method,
            failure_code=state.failure_code,
            failure_message=state.failure_message,
            created_at=state.started_at,
            updated_at=state.updated_at,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        return cls.shown(info, await _load(info, representation.text("id")))

    @classmethod
    def shown(cls, info: Info, record: PaymentRecord | None) -> Self | None:
        """The payment, or nothing when the viewer may not know of it."""
        return cls.of(record) if record is not None and may_see(info.context.viewer, record) else None

    @field()
    def order(self) -> Order:
        return Order(id=ID(self.record.order_id))

    @field()
    def next_action(self) -> PaymentAction | None:
        url = self.record.state.action_url
        return None if url is None else PaymentAction(type="redirect_to_url", url=url)

    @field()
    async def events(self, info: Info) -> list[PaymentEvent]:
        found = await info.context.loaders(info.context.service.queries.events_by_payment).load(
            self.record.id
        )
        return [PaymentEvent.of(event) for event in found or ()]

    @field()
    async def refunds(self, info: Info) -> list[Refund]:
        found = await info.context.loaders(info.context.service.queries.refunds_by_payment).load(
            self.record.id
        )
        return [Refund.of(refund) for refund in found or ()]


@federation.type(keys=["id"])
class Order:
    """An order of tickets; here, how it is paid."""

    id: ID

    @classmethod
    def of_reference(cls, representation: Representation) -> Self:
        return cls(id=ID(representation.text("id")))

    @field(description="The latest.")
    async def payment(self, info: Info) -> Payment | None:
        record = await info.context.loaders(info.context.service.queries.latest_by_order).load(self.id)
        return Payment.shown(info, record)


@federation.type(keys=["id"])
class User:
    """A person; here, what they paid."""

    id: ID

    @classmethod
    def of_reference(cls, representation: Representation) -> Self:
        return cls(id=ID(representation.text("id")))

    @field(
        authenticated=True,
        directives=[connection_size()],
        description="One's own, newest first; an admin sees anyone's.",
    )
    async def payments(
        self, info: Info, first: int = 20, after: str | None = None
    ) -> Connection[Payment] | None:
        context = info.context
        if not (context.viewer.is_user(self.id) or context.viewer.is_admin):
            return None
        request = PageRequest.of(first, after, (datetime, str))
        page = await context.loaders(context.service.queries.pages_by_user).load((self.id, request))
        if page is None:
            raise LookupError(self.id)

        async def count() -> int:
            return await context.loaders(context.service.queries.counts_by_user).load(self.id) or 0

        return Connection.of(page, Payment.of, count)


async def _load(info: Info, payment_id: str) -> PaymentRecord | None:
    return await info.context.loaders(info.context.service.queries.payments_by_id).load(payment_id)


@strawberry.type
class Query:
    @field(authenticated=True, description="One's own, or of one's cinema.")
    async def payment(self, info: Info, id: ID) -> Payment | None:
        info.context.viewer.require_user()
        record = await _load(info, id[:64])
        return Payment.shown(info, record if may_ask(info.context.viewer, record) else None)

    @field(description="The demo cards, with what each does; none where money is real.")
    def payment_methods(self, info: Info) -> list[PaymentMethod] | None:
        return [PaymentMethod.of(method) for method in info.context.service.resources.methods.offered()]


@strawberry.type
class PayOrderPayload(Payload):
    """The payment as far as it has come: usually captured."""

    payment: Payment | None = None


@strawberry.type
class ConfirmPaymentPayload(Payload):
    payment: Payment | None = None


@strawberry.type
class RefundPaymentPayload(Payload):
    refund: Refund | None = None
    payment: Payment | None = None


@strawberry.input
class PayOrderInput:
    order_id: ID
    payment_method: str
    idempotency_key: str


@strawberry.input
class ConfirmPaymentInput:
    payment_id: ID


@strawberry.input
class RefundPaymentInput:
    payment_id: ID
    amount: MoneyInput | None = strawberry.field(default=None, description="Nothing: all that is left.")
    reason: str
    idempotency_key: str


def _refusals(info: Info, record: PaymentRecord) -> list[UserError]:
    refusal = refusal_of(record)
    return [] if refusal is None else cast(SubgraphSchema, info.schema).user_errors.show(refusal)


@strawberry.type
class Mutation:
    @mutation(
        directives=[cost(20)],
        description="Pay an order by a card. The same key and input answer the same payment.",
    )
    async def pay_order(self, info: Info, input: PayOrderInput) -> PayOrderPayload:
        record = await info.context.service.checkout.pay(
            info.context.viewer,
            order_id=input.order_id,
            payment_method=input.payment_method,
            idempotency_key=input.idempotency_key,
        )
        return PayOrderPayload(payment=Payment.of(record), errors=_refusals(info, record))

    @mutation(directives=[cost(20)], description="Go on after 3-D Secure.")
    async def confirm_payment(self, info: Info, input: ConfirmPaymentInput) -> ConfirmPaymentPayload:
        record = await info.context.service.checkout.confirm(info.context.viewer, input.payment_id)
        return ConfirmPaymentPayload(payment=Payment.of(record), errors=_refusals(info, record))

    @mutation(
        scopes=["refunds:write"],
        directives=[cost(20)],
        description="Give back a part as goodwill, or the whole, which gives up the tickets.",
    )
    async def refund_payment(self, info: Info, input: RefundPaymentInput) -> RefundPaymentPayload | None:
        refund, payment = await info.context.service.refunds.refund(
            info.context.viewer,
            RefundRequest(
                payment_id=input.payment_id,
                amount=None if input.amount is None else input.amount.to_money("amount"),
                reason=input.reason,
                idempotency_key=input.idempotency_key,
            ),
        )
        return RefundPaymentPayload(refund=Refund.of(refund), payment=Payment.of(payment))


def build_payments_schema(logger: logging.Logger) -> SubgraphSchema:
    """The schema of payments."""
    return build_schema(
        query=Query,
        mutation=Mutation,
        types=[Order, User, system_health("payments")],
        user_errors=[CardDeclined, OrderNotPayable, PaymentUnknown],
        logger=logger,
    )
