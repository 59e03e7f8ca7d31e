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
from marquee_subgraphs.payments.adapters.factory import OpenProvider
from marquee_subgraphs.payments.domain.timing import Timing
from marquee_subgraphs.payments.events import PaymentEvents, consume
from marquee_subgraphs.payments.hearing import Hearing
from marquee_subgraphs.payments.service import Checkout, PaymentService, Queries, Reconciliation, StaffRefunds
from marquee_subgraphs.payments.service.refund_settlement import RefundSettlement
from marquee_subgraphs.payments.service.settlement import Settlement
from marquee_subgraphs.payments.service.work_queue import WorkQueue
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
    timing: Timing


def assemble(parts: Parts) -> PaymentService:
    """The service, hearing events once these are started; the caller closes its errands."""
    orders, payments, refunds = OrderStore(), PaymentStore(), RefundStore()
    events = PaymentEvents(parts.events.outbox)
    idempotency = Idempotency(parts.clock)

    async def look_after(payment_id: str) -> None:
        await settlement.look_after(payment_id)

    async def give_back(refund_id: str) -> None:
        await refund_settlement.drive(refund_id)

    payment_work = WorkQueue(look_after, parts.logger)
    refund_work = WorkQueue(give_back, parts.logger)
    settlement = Settlement(
        database=parts.database,
        orders=orders,
        payments=payments,
        refunds=refunds,
        events=events,
        provider=parts.opened.provider,
        topics=parts.topics,
        clock=parts.clock,
        timing=parts.timing,
        logger=parts.logger,
        wake_refund=refund_work.ask,
    )
    refund_settlement = RefundSettlement(
        database=parts.database,
        orders=orders,
        payments=payments,
        refunds=refunds,
        events=events,
        provider=parts.opened.provider,
        topics=parts.topics,
        clock=parts.clock,
        timing=parts.timing,
    )
    hearing = Hearing(
        orders=orders,
        payments=payments,
        refunds=refunds,
        events=events,
        topics=parts.topics,
        clock=parts.clock,
        wake_payment=payment_work.ask,
        wake_refund=refund_work.ask,
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
            timing=parts.timing,
            return_url=parts.return_url,
            wake_payment=payment_work.ask,
        ),
        refunds=StaffRefunds(
            database=parts.database,
            payments=payments,
            refunds=refunds,
            events=events,
            idempotency=idempotency,
            audit=AuditLog(parts.clock),
            topics=parts.topics,
            clock=parts.clock,
            timing=parts.timing,
            wake_refund=refund_work.ask,
        ),
        queries=Queries(database=parts.database, payments=payments, refunds=refunds),
        reconciliation=Reconciliation(
            database=parts.database,
            payments=payments,
            refunds=refunds,
            settlement=settlement,
            clock=parts.clock,
            wake_payment=payment_work.ask,
            wake_refund=refund_work.ask,
        ),
        payment_work=payment_work,
        refund_work=refund_work,
        bank=parts.opened.bank,
    )
