"""Refunds by staff: the whole, which gives up the tickets and so needs tickets' approval, or a part as
goodwill.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.kit.idempotency import Answered, Idempotency, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.payments.domain.payment import PAID
from marquee_subgraphs.payments.domain.records import PaymentRecord, RefundRecord
from marquee_subgraphs.payments.domain.refund import RefundPlan, RefundStatus, plan_refund
from marquee_subgraphs.payments.domain.timing import Timing
from marquee_subgraphs.payments.errors import NotRefundable
from marquee_subgraphs.payments.events import PaymentEvents
from marquee_subgraphs.payments.service.condition import wait_until
from marquee_subgraphs.payments.store import PaymentStore, RefundStore

REFUND_SCOPE = "refunds:write"


@dataclass(frozen=True, slots=True, eq=False)
class StaffRefunds:
    """Takes refunds from staff."""

    database: Database
    payments: PaymentStore
    refunds: RefundStore
    events: PaymentEvents
    idempotency: Idempotency
    audit: AuditLog
    topics: Topics[None]
    clock: Clock
    timing: Timing
    wake_refund: Callable[[str], None]

    async def refund(
        self, viewer: Viewer, *, payment_id: str, amount: Money | None, reason: str, idempotency_key: str
    ) -> tuple[RefundRecord, PaymentRecord]:
        """Give back a part, or all that is left when no amount is said; answers both as far as they have
        come.

        Raises `Unauthenticated`, `NotAllowed` (without the scope, or for another cinema), `InvalidInputs`,
        `NotFound`, `NotRefundable`, `RefundExceedsPayment`, `IdempotencyConflict`.
        """
        actor_id = viewer.require_scope(REFUND_SCOPE)
        with InputCheck() as check:
            payment_id = check.text("paymentId", payment_id, most=64)
            reason = check.text("reason", reason, most=500)
            key = check.idempotency_key(idempotency_key)
        async with self.database.read() as connection:
            payment = await self.payments.find(connection, payment_id)
        if payment is None:
            raise NotFound("There is no such payment.", ["input", "paymentId"])
        viewer.require_works_at(payment.cinema_id, REFUND_SCOPE)

        async def work(tx: Transaction) -> str:
            asked = fingerprint(
                {
                    "payment_id": payment_id,
                    "amount": None if amount is None else [amount.minor_units, amount.currency],
                    "reason": reason,
                }
            )
            slot = await self.idempotency.run(
                tx, key=key, scope=f"{actor_id}:refundPayment", fingerprint=asked
            )
            if isinstance(slot, Answered):
                return str(slot.answer)
            refund = await self._write(tx, payment_id, amount, reason, viewer, actor_id)
            await slot.store(tx, refund.id)
            return refund.id

        return await self._outcome(await self.database.run(work))

    async def _write(
        self,
        tx: Transaction,
        payment_id: str,
        amount: Money | None,
        reason: str,
        viewer: Viewer,
        actor_id: str,
    ) -> RefundRecord:
        payment = await self.payments.find(tx, payment_id, lock=True)
        if payment is None or payment.state.status not in PAID:
            raise NotRefundable("Nothing was taken by this payment.")
        if await self.refunds.whole_is_under_way(tx, payment_id):
            raise NotRefundable("All of this payment is being given back already.")
        plan = plan_refund(payment.left_to_refund, amount)
        refund = self._new(payment, plan, reason, actor_id)
        if plan.whole:
            await self.refunds.put(tx, refund, due_at=None)
            await self.events.refund_requested(tx, refund)
        else:
            if not await self.payments.reserve(tx, payment_id, plan.amount.minor_units):
                raise NotRefundable("Nothing of this payment is left to refund.")
            await self.refunds.put(tx, refund, due_at=self.clock.now())
            tx.after_commit(partial(self.wake_refund, refund.id))
        await self.audit.record(
            tx,
            actor_id=actor_id,
            actor_role="admin" if viewer.is_admin else "manager",
            action="refundPayment",
            target=payment_id,
            reason=reason,
            before={"left": str(payment.left_to_refund)},
            after={"refund": refund.id, "amount": str(plan.amount), "whole": plan.whole},
        )
        return refund

    def _new(self, payment: PaymentRecord, plan: RefundPlan, reason: str, actor_id: str) -> RefundRecord:
        now = self.clock.now()
        return RefundRecord(
            id=new_id("rfd", now),
            payment_id=payment.id,
            order_id=payment.order_id,
            amount=plan.amount,
            status=RefundStatus.REQUESTED if plan.whole else RefundStatus.PENDING,
            reason=reason,
            requested_by=actor_id,
            whole=plan.whole,
            ticket_ids=(),
            provider_refund_id=None,
            failure=None,
            attempts=0,
            created_at=now,
            updated_at=now,
        )

    async def _outcome(self, refund_id: str) -> tuple[RefundRecord, PaymentRecord]:
        async def read() -> tuple[RefundRecord, PaymentRecord]:
            async with self.database.read() as connection:
                refund = await self.refunds.find(connection, refund_id)
                payment = await self.payments.find(connection, refund.payment_id) if refund else None
            if refund is None or payment is None:
                raise LookupError(refund_id)
            return refund, payment

        moving = {RefundStatus.REQUESTED, RefundStatus.PENDING}
        return await wait_until(
            self.topics,
            refund_id,
            read,
            lambda found: found[0].status not in moving,
            self.timing.settle_wait_seconds,
        )
