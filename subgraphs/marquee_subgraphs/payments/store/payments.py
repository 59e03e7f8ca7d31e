"""The rows of payments and of their append-only events. A payment's row is the fold of its events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.payments.domain.payment import (
    EventKind,
    PaymentEvent,
    PaymentState,
    PaymentStatus,
    apply,
)
from marquee_subgraphs.payments.domain.records import PaymentRecord
from marquee_subgraphs.payments.tables import PAYMENT_EVENTS, PAYMENTS

REFUNDABLE = [
    PaymentStatus.AUTHORIZED.value,
    PaymentStatus.CAPTURED.value,
    PaymentStatus.PARTIALLY_REFUNDED.value,
]
"""Also AUTHORIZED: a sold order can be cancelled before its capture; its refund is promised and waits."""

EVENTS_IN_CURRENCY = select(PAYMENT_EVENTS, PAYMENTS.c.currency).join_from(PAYMENT_EVENTS, PAYMENTS)
"""Events with the currency of their payment, which their own rows do not repeat."""

_UNKNOWN = select(func.count().label("unknown"), func.min(PAYMENTS.c.updated_at).label("since")).where(
    PAYMENTS.c.status == PaymentStatus.UNKNOWN.value
)


class PaymentStore:
    """Reads and writes of payments."""

    async def insert(self, tx: Transaction, record: PaymentRecord, started: PaymentEvent) -> None:
        """Add a payment with its first event. Two statements."""
        await tx.execute(
            PAYMENTS.insert().values(
                id=record.id,
                order_id=record.order_id,
                user_id=record.user_id,
                cinema_id=record.cinema_id,
                currency=record.state.amount.currency.value,
                payment_method=record.payment_method,
                return_url=record.return_url,
                due_at=started.at,
                **_columns(record.state),
            )
        )
        await self._append(tx, record.id, 1, [started])

    async def record(
        self, tx: Transaction, record: PaymentRecord, events: Sequence[PaymentEvent], due_at: datetime | None
    ) -> PaymentState:
        """Append events to a payment that was read with `lock`; return its state after them. Two statements.

        Raises `IllegalTransition` when they cannot follow.
        """
        state = record.state
        for event in events:
            state = apply(state, event)
        await self._append(tx, record.id, record.state.version + 1, events)
        await tx.execute(
            update(PAYMENTS)
            .where(PAYMENTS.c.id == record.id)
            .values(attempts=0, due_at=due_at, **_columns(state))
        )
        return state

    async def unknown(self, connection: Connection) -> tuple[int, datetime | None]:
        """Return how many payments have an unknown outcome, and when the oldest of them last changed."""
        row = (await connection.execute(_UNKNOWN)).one()
        return int(row.unknown), row.since

    async def _append(
        self, tx: Transaction, payment_id: str, first: int, events: Sequence[PaymentEvent]
    ) -> None:
        await tx.execute(
            PAYMENT_EVENTS.insert(),
            [
                {
                    "payment_id": payment_id,
                    "sequence": sequence,
                    "kind": event.kind.value,
                    "at": event.at,
                    "minor": None if event.amount is None else event.amount.minor_units,
                    "provider_id": event.provider_id,
                    "code": event.code,
                    "message": event.message,
                    "url": event.url,
                    "reference": event.reference,
                }
                for sequence, event in enumerate(events, first)
            ],
        )

    async def find(
        self, connection: Connection, payment_id: str, *, lock: bool = False
    ) -> PaymentRecord | None:
        """Return a payment; `lock` keeps others from changing it until the transaction ends."""
        query = select(PAYMENTS).where(PAYMENTS.c.id == payment_id)
        row = (await connection.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else _payment(row)

    async def find_many(self, connection: Connection, payment_ids: Sequence[str]) -> dict[str, PaymentRecord]:
        """Return the payments of these ids, without those that do not exist."""
        rows = await connection.execute(select(PAYMENTS).where(PAYMENTS.c.id.in_(payment_ids)))
        return {row.id: _payment(row) for row in rows}

    async def id_of_provider(self, connection: Connection, provider_id: str) -> str | None:
        """Return the id of the payment that the provider knows by `provider_id`."""
        payment_id: str | None = await connection.scalar(
            select(PAYMENTS.c.id).where(PAYMENTS.c.provider_id == provider_id)
        )
        return payment_id

    async def latest_of_orders(
        self, connection: Connection, order_ids: Sequence[str]
    ) -> dict[str, PaymentRecord]:
        """Return the latest payment of each order that has any."""
        rank = (
            func.row_number()
            .over(
                partition_by=PAYMENTS.c.order_id,
                order_by=[PAYMENTS.c.started_at.desc(), PAYMENTS.c.id.desc()],
            )
            .label("rank")
        )
        ranked = select(PAYMENTS, rank).where(PAYMENTS.c.order_id.in_(order_ids)).subquery()
        rows = await connection.execute(select(ranked).where(ranked.c.rank == 1))
        return {row.order_id: _payment(row) for row in rows}

    async def pages_of_users(
        self, connection: Connection, user_ids: Sequence[str], request: PageRequest
    ) -> dict[str, list[PaymentRecord]]:
        """Return up to `first + 1` payments of each user, newest first."""
        rank = (
            func.row_number()
            .over(
                partition_by=PAYMENTS.c.user_id,
                order_by=[PAYMENTS.c.started_at.desc(), PAYMENTS.c.id.desc()],
            )
            .label("rank")
        )
        query = select(PAYMENTS, rank).where(PAYMENTS.c.user_id.in_(user_ids))
        if request.after is not None:
            query = query.where(tuple_(PAYMENTS.c.started_at, PAYMENTS.c.id) < request.after)
        ranked = query.subquery()
        rows = await connection.execute(
            select(ranked).where(ranked.c.rank <= request.first + 1).order_by(ranked.c.rank)
        )
        found: dict[str, list[PaymentRecord]] = {user_id: [] for user_id in user_ids}
        for row in rows:
            found[row.user_id].append(_payment(row))
        return found

    async def counts_of_users(self, connection: Connection, user_ids: Sequence[str]) -> dict[str, int]:
        """Return how many payments each user has, without users who have none."""
        rows = await connection.execute(
            select(PAYMENTS.c.user_id, func.count().label("payments"))
            .where(PAYMENTS.c.user_id.in_(user_ids))
            .group_by(PAYMENTS.c.user_id)
        )
        return {row.user_id: row.payments for row in rows}

    async def events_of(
        self, connection: Connection, payment_ids: Sequence[str]
    ) -> dict[str, list[PaymentEvent]]:
        """Return all events of each payment, in order."""
        rows = await connection.execute(
            EVENTS_IN_CURRENCY.where(PAYMENT_EVENTS.c.payment_id.in_(payment_ids)).order_by(
                PAYMENT_EVENTS.c.payment_id, PAYMENT_EVENTS.c.sequence
            )
        )
        found: dict[str, list[PaymentEvent]] = {payment_id: [] for payment_id in payment_ids}
        for row in rows:
            found[row.payment_id].append(event_of(row))
        return found

    async def due(self, connection: Connection, now: datetime, limit: int) -> list[str]:
        """Return the ids of payments that are due, the longest due first."""
        return await connection.scalars(
            select(PAYMENTS.c.id).where(PAYMENTS.c.due_at <= now).order_by(PAYMENTS.c.due_at).limit(limit)
        )

    async def schedule(
        self, tx: Transaction, payment_id: str, due_at: datetime | None, *, attempts: int = 0
    ) -> None:
        """Set when a payment is due next; None takes it off the schedule."""
        await tx.execute(
            update(PAYMENTS).where(PAYMENTS.c.id == payment_id).values(due_at=due_at, attempts=attempts)
        )

    async def reserve(self, tx: Transaction, payment_id: str, amount: Money) -> bool:
        """Promise to give back `amount`; False when that is more than is left."""
        # The guard is in the statement: of two promises of 30.00 from 48.00, the second matches no row.
        rows = await tx.execute(
            update(PAYMENTS)
            .where(
                PAYMENTS.c.id == payment_id,
                PAYMENTS.c.amount_minor - PAYMENTS.c.reserved_minor >= amount.minor_units,
                PAYMENTS.c.status.in_(REFUNDABLE),
            )
            .values(reserved_minor=PAYMENTS.c.reserved_minor + amount.minor_units)
        )
        return rows.rowcount == 1

    async def unreserve(self, tx: Transaction, payment_id: str, amount: Money) -> None:
        """Withdraw the promise of a refund that failed."""
        await tx.execute(
            update(PAYMENTS)
            .where(PAYMENTS.c.id == payment_id)
            .values(reserved_minor=PAYMENTS.c.reserved_minor - amount.minor_units)
        )

    async def forget_user(self, tx: Transaction, user_id: str) -> None:
        """Take the person out of their payments; the amounts stay."""
        await tx.execute(update(PAYMENTS).where(PAYMENTS.c.user_id == user_id).values(user_id=None))


def event_of(row: Any) -> PaymentEvent:
    """Return the event of a row of `EVENTS_IN_CURRENCY`."""
    return PaymentEvent(
        kind=EventKind(row.kind),
        at=row.at,
        amount=None if row.minor is None else Money(row.minor, Currency(row.currency)),
        provider_id=row.provider_id,
        code=row.code,
        message=row.message,
        url=row.url,
        reference=row.reference,
    )


def _columns(state: PaymentState) -> dict[str, Any]:
    return {
        "status": state.status.value,
        "version": state.version,
        "amount_minor": state.amount.minor_units,
        "captured_minor": state.captured.minor_units,
        "refunded_minor": state.refunded.minor_units,
        "provider_id": state.provider_id,
        "action_url": state.action_url,
        "failure_code": state.failure_code,
        "failure_message": state.failure_message,
        "void_requested": state.void_requested,
        "capture_failed": state.capture_failed,
        "released": state.released,
        "started_at": state.started_at,
        "updated_at": state.updated_at,
    }


def state_of(row: Any) -> PaymentState:
    """Return the state that a payment's row contains."""
    currency = Currency(row.currency)
    return PaymentState(
        status=PaymentStatus(row.status),
        version=row.version,
        amount=Money(row.amount_minor, currency),
        captured=Money(row.captured_minor, currency),
        refunded=Money(row.refunded_minor, currency),
        started_at=row.started_at,
        updated_at=row.updated_at,
        provider_id=row.provider_id,
        action_url=row.action_url,
        failure_code=row.failure_code,
        failure_message=row.failure_message,
        void_requested=row.void_requested,
        capture_failed=row.capture_failed,
        released=row.released,
    )


def _payment(row: Any) -> PaymentRecord:
    return PaymentRecord(
        id=row.id,
        order_id=row.order_id,
        user_id=row.user_id,
        cinema_id=row.cinema_id,
        payment_method=row.payment_method,
        return_url=row.return_url,
        state=state_of(row),
        reserved=Money(row.reserved_minor, Currency(row.currency)),
        attempts=row.attempts,
    )
