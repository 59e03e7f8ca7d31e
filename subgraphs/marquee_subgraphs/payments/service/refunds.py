"""Refunds: who may promise money back. The promise comes first; `refund_settlement` then pays it.

A refund of all that is left gives up the tickets, so tickets approves it first; a part is goodwill and needs
no approval. All promises of a payment together never exceed its amount.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from marquee_subgraphs.kit.audit import Deed
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.idempotency import Answered, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.payments.domain.payment import PAID
from marquee_subgraphs.payments.domain.records import PaymentRecord, RefundRecord
from marquee_subgraphs.payments.domain.refund import NOTHING_LEFT, RefundStatus, allowed_of, plan_refund
from marquee_subgraphs.payments.errors import NotRefundable, RefundExceedsPayment
from marquee_subgraphs.payments.events.consumed import RefundApproved, RefundRejected
from marquee_subgraphs.payments.events.published import RefundFailed, RefundRequested
from marquee_subgraphs.payments.service.outcome import wait_until
from marquee_subgraphs.payments.service.resources import Resources

REFUND_SCOPE: Final = "refunds:write"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """The input of `refundPayment`; without an amount it asks for all that is left."""

    payment_id: str
    amount: Money | None
    reason: str
    idempotency_key: str

    @property
    def fingerprint(self) -> str:
        """What must be equal when the same key comes again."""
        amount = None if self.amount is None else [self.amount.minor_units, self.amount.currency]
        return fingerprint({"payment_id": self.payment_id, "amount": amount, "reason": self.reason})


class Refunds:
    """Takes refunds from staff and approvals from tickets."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._backend = resources.backend
        self._store = resources.store

    async def refund(self, viewer: Viewer, request: RefundRequest) -> tuple[RefundRecord, PaymentRecord]:
        """Give back a part of a payment or all that is left; return both as they are after a short wait.

        Raises `Unauthenticated`, `NotAllowed` (without the scope, or for another cinema), `InvalidInputs`,
        `NotFound`, `NotRefundable`, `RefundExceedsPayment`, `IdempotencyConflict`.
        """
        viewer.require_scope(REFUND_SCOPE)
        with InputCheck() as check:
            request = replace(
                request,
                payment_id=check.text("paymentId", request.payment_id, most=64),
                reason=check.text("reason", request.reason, most=500),
                idempotency_key=check.idempotency_key(request.idempotency_key),
            )
        async with self._backend.database.read() as connection:
            payment = await self._store.payments.find(connection, request.payment_id)
        if payment is None:
            raise NotFound("There is no such payment.", ["input", "paymentId"])
        viewer.require_works_at(payment.cinema_id, REFUND_SCOPE)
        work = partial(self._refund_once, viewer=viewer, request=request)
        return await self._outcome(await self._backend.database.run(work))

    async def _refund_once(self, tx: Transaction, *, viewer: Viewer, request: RefundRequest) -> str:
        actor_id = viewer.require_user()
        slot = await self._backend.idempotency.run(
            tx,
            key=request.idempotency_key,
            scope=f"{actor_id}:refundPayment",
            fingerprint=request.fingerprint,
        )
        if isinstance(slot, Answered):
            return str(slot.answer)
        payment = await self._store.payments.find(tx, request.payment_id, lock=True)
        if payment is None or payment.state.status not in PAID:
            raise NotRefundable("Nothing was taken by this payment.")
        if await self._store.refunds.whole_is_under_way(tx, payment.id):
            raise NotRefundable("All of this payment is being given back already.")
        refund = await self._write(tx, payment, request, actor_id)
        deed = Deed(
            actor_id=actor_id,
            actor_role="admin" if viewer.is_admin else "manager",
            action="refundPayment",
            target=payment.id,
            reason=request.reason,
            before={"left": str(payment.left_to_refund)},
            after={"refund": refund.id, "amount": str(refund.amount), "whole": refund.whole},
        )
        await self._backend.audit.append(tx, deed)
        await slot.store(tx, refund.id)
        return refund.id

    async def _write(
        self, tx: Transaction, payment: PaymentRecord, request: RefundRequest, actor_id: str
    ) -> RefundRecord:
        left = payment.left_to_refund
        plan = plan_refund(left, request.amount)
        if isinstance(plan, str):
            raise RefundExceedsPayment(plan, left) if left.minor_units > 0 else NotRefundable(plan)
        now = self._resources.now()
        refund = RefundRecord(
            id=new_id("rfd", now),
            payment_id=payment.id,
            order_id=payment.order_id,
            amount=plan.amount,
            status=RefundStatus.REQUESTED if plan.whole else RefundStatus.PENDING,
            reason=request.reason,
            requested_by=actor_id,
            whole=plan.whole,
            created_at=now,
            updated_at=now,
        )
        if plan.whole:
            # Nothing is promised yet: `approve` promises once tickets has given up the tickets.
            await self._store.refunds.put(tx, refund, due_at=None)
            event = RefundRequested.of(refund)
            await self._backend.outbox.add(tx, event, aggregate_id=refund.order_id)
        elif await self._store.payments.reserve(tx, payment.id, plan.amount):
            await self._schedule(tx, refund)
        else:
            raise NotRefundable(NOTHING_LEFT)
        return refund

    async def approve(self, tx: Transaction, approval: RefundApproved) -> None:
        """Promise the money of tickets that are given up, as far as any is left.

        Raises `LookupError` for a payment that is not known yet, so that the event is delivered again.
        """
        payment = await self._store.payments.find(tx, approval.payment_id, lock=True)
        if payment is None:
            raise LookupError(f"refund {approval.refund_id} is of an unknown payment {approval.payment_id}")
        known = await self._store.refunds.find(tx, approval.refund_id, lock=True)
        now = self._resources.now()
        if known is not None and known.status is not RefundStatus.REQUESTED:
            return
        # Goodwill given meanwhile lessens the promise: of 48.00 with 10.00 given, 38.00 are left. The whole
        # amount counts and not what is captured, for an order can be cancelled before its capture.
        left = payment.state.amount - payment.reserved
        allowed = allowed_of(approval.amount, left)
        promised = allowed is not None and await self._store.payments.reserve(tx, payment.id, allowed)
        refund = replace(
            known or _approved_by_tickets(approval, payment, now),
            amount=allowed if allowed is not None and promised else approval.amount,
            status=RefundStatus.PENDING if promised else RefundStatus.FAILED,
            ticket_ids=approval.ticket_ids or (),
            failure=None if promised else "Nothing of the payment is left.",
            updated_at=now,
        )
        if promised:
            await self._schedule(tx, refund)
            return
        await self._store.refunds.put(tx, refund, due_at=None)
        failed = RefundFailed.of(refund, "nothing_left")
        await self._backend.outbox.add(tx, failed, aggregate_id=refund.order_id)
        self._resources.notify(tx, refund.id)

    async def reject(self, tx: Transaction, rejection: RefundRejected) -> None:
        """End a refund whose tickets are not given up; nothing was promised."""
        refund = await self._store.refunds.find(tx, rejection.refund_id, lock=True)
        if refund is None or refund.status is not RefundStatus.REQUESTED:
            return
        rejected = replace(
            refund,
            status=RefundStatus.REJECTED,
            failure=rejection.reason or "rejected",
            updated_at=self._resources.now(),
        )
        await self._store.refunds.put(tx, rejected, due_at=None)
        self._resources.notify(tx, refund.id)

    async def return_unsold(self, tx: Transaction, *, payment: PaymentRecord) -> None:
        """Promise back all that is left of a payment whose order was never sold."""
        # The id follows from the payment's, so that two processes make the same promise and not two:
        # `pay_01J…` is returned by `rfd_01J…`.
        refund_id = f"rfd_{payment.id.removeprefix('pay_')}"
        current = await self._store.payments.find(tx, payment.id, lock=True)
        known = await self._store.refunds.find(tx, refund_id, lock=True)
        await self._store.payments.schedule(tx, payment.id, None)
        if current is None or known is not None or current.left_to_refund.minor_units == 0:
            return
        now, amount = self._resources.now(), current.left_to_refund
        await self._store.payments.reserve(tx, payment.id, amount)
        refund = RefundRecord(
            id=refund_id,
            payment_id=payment.id,
            order_id=payment.order_id,
            amount=amount,
            status=RefundStatus.PENDING,
            reason="The order was not sold.",
            requested_by=None,
            whole=True,
            created_at=now,
            updated_at=now,
        )
        await self._schedule(tx, refund)

    async def _schedule(self, tx: Transaction, refund: RefundRecord) -> None:
        await self._store.refunds.put(tx, refund, due_at=refund.updated_at)
        tx.after_commit(partial(self._resources.refund_work.add, refund.id))

    async def _outcome(self, refund_id: str) -> tuple[RefundRecord, PaymentRecord]:
        async def read() -> tuple[RefundRecord, PaymentRecord]:
            async with self._backend.database.read() as connection:
                refund = await self._store.refunds.find(connection, refund_id)
                payment = await self._store.payments.find(connection, refund.payment_id) if refund else None
            if refund is None or payment is None:
                raise LookupError(refund_id)
            return refund, payment

        under_way = {RefundStatus.REQUESTED, RefundStatus.PENDING}
        return await wait_until(
            self._resources.topics,
            refund_id,
            read,
            lambda found: found[0].status not in under_way,
            self._resources.timing.settle_wait_seconds,
        )


def _approved_by_tickets(approval: RefundApproved, payment: PaymentRecord, now: datetime) -> RefundRecord:
    """Return the refund of a `cancelOrder` or of a cancelled showtime, which tickets began by itself."""
    return RefundRecord(
        id=approval.refund_id,
        payment_id=payment.id,
        order_id=payment.order_id,
        amount=approval.amount,
        status=RefundStatus.PENDING,
        reason=approval.reason or "cancelled",
        requested_by=None,
        whole=approval.amount == payment.state.amount,
        created_at=now,
        updated_at=now,
    )
