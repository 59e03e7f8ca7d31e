"""Puts the parts of payments together over a database, a provider and topics. Opens nothing itself."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events import ServiceEvents
from marquee_subgraphs.kit.idempotency import Idempotency
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.payments.service.work_queue import Errands
from marquee_subgraphs.payments.events import PaymentEvents, consume
from marquee_subgraphs.payments.hearing import Hearing
from marquee_subgraphs.payments.domain.timing import Pace
from marquee_subgraphs.payments.adapters.factory import OpenProvider
from marquee_subgraphs.payments.service.refund_settlement import Refunding
from marquee_subgraphs.payments.service import Checkout, PaymentService, Reading, RefundDesk, Upkeep
from marquee_subgraphs.payments.service.settlement import Settlement
from marquee_subgraphs.payments.store import OrderStore, PaymentStore, RefundStore


@dataclass(frozen=True, slots=True)
class Parts:
    """What payments stands on."""

    database: Database
    events: ServiceEvents
    opened: OpenProvider
    topics: Topics[None]
    clock: Clock
    logger: logging.Logger
    return_url: str
    pace: Pace


def assemble(parts: Parts) -> PaymentService:
    """The service, hearing events once these are started; the caller closes its errands."""
    orders, payments, refunds = OrderStore(), PaymentStore(), RefundStore()
    events = PaymentEvents(parts.events.outbox)
    idempotency = Idempotency(parts.clock)

    async def look_after(payment_id: str) -> None:
        await settlement.look_after(payment_id)

    async def give_back(refund_id: str) -> None:
        await refunding.drive(refund_id)

    payment_errands = Errands(look_after, parts.logger)
    refund_errands = Errands(give_back, parts.logger)
    settlement = Settlement(
        database=parts.database,
        orders=orders,
        payments=payments,
        refunds=refunds,
        events=events,
        provider=parts.opened.provider,
        topics=parts.topics,
        clock=parts.clock,
        pace=parts.pace,
        logger=parts.logger,
        wake_refund=refund_errands.ask,
    )
    refunding = Refunding(
        database=parts.database,
        orders=orders,
        payments=payments,
        refunds=refunds,
        events=events,
        provider=parts.opened.provider,
        topics=parts.topics,
        clock=parts.clock,
        pace=parts.pace,
    )
    hearing = Hearing(
        orders=orders,
        payments=payments,
        refunds=refunds,
        events=events,
        topics=parts.topics,
        clock=parts.clock,
        wake_payment=payment_errands.ask,
        wake_refund=refund_errands.ask,
    )
    consume(parts.events.consumer, hearing)
    return PaymentService(
        database=parts.database,
        methods=parts.opened.methods,
        checkout=Checkout(
            database=parts.database,
            orders=orders,
            payments=payments,
            events=events,
            idempotency=idempotency,
            settlement=settlement,
            methods=parts.opened.methods,
            topics=parts.topics,
            clock=parts.clock,
            pace=parts.pace,
            return_url=parts.return_url,
            wake_payment=payment_errands.ask,
        ),
        desk=RefundDesk(
            database=parts.database,
            payments=payments,
            refunds=refunds,
            events=events,
            idempotency=idempotency,
            audit=AuditLog(parts.clock),
            topics=parts.topics,
            clock=parts.clock,
            pace=parts.pace,
            wake_refund=refund_errands.ask,
        ),
        reading=Reading(database=parts.database, payments=payments, refunds=refunds),
        upkeep=Upkeep(
            database=parts.database,
            payments=payments,
            refunds=refunds,
            settlement=settlement,
            clock=parts.clock,
            wake_payment=payment_errands.ask,
            wake_refund=refund_errands.ask,
        ),
        payment_errands=payment_errands,
        refund_errands=refund_errands,
        bank=parts.opened.bank,
    )
