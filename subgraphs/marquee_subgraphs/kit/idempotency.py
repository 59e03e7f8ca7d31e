"""Idempotency keys: a repeated request gets the answer of the first; the same key with another input is
refused.

Rows are written in the transaction of the effect: the claim exists only if the effect does. Must never answer
a key of another scope.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import delete, select, update

from marquee_subgraphs.kit.clock import Clock, SystemClock
from marquee_subgraphs.kit.database import DIALECTS, Transaction, UnitOfWork, insert_into, sql_transaction
from marquee_subgraphs.kit.database.kit_tables import IDEMPOTENCY_KEYS
from marquee_subgraphs.kit.refusals import IdempotencyConflict, Refusal

_CLAIM = {dialect: insert_into(IDEMPOTENCY_KEYS, dialect).on_conflict_do_nothing() for dialect in DIALECTS}


class RequestInProgress(Refusal):
    """The same request is still being handled; its answer is not known yet."""

    code = "REQUEST_IN_PROGRESS"

    def __init__(
        self, message: str = "The same request is still being worked on. Ask again shortly."
    ) -> None:
        super().__init__(message, ("input", "idempotencyKey"))


@dataclass(frozen=True, slots=True)
class Answered:
    """The request was answered before, with this answer."""

    answer: Any


@dataclass(frozen=True, slots=True)
class Slot:
    """The request is new; `store` its answer in this transaction or in a later one."""

    scope: str
    key: str
    _clock: Clock

    async def store(self, tx: UnitOfWork, answer: Any) -> None:
        """Keep `answer`, any JSON value."""
        await sql_transaction(tx).execute(
            update(IDEMPOTENCY_KEYS)
            .where(IDEMPOTENCY_KEYS.c.scope == self.scope, IDEMPOTENCY_KEYS.c.key == self.key)
            .values(answer=orjson.loads(orjson.dumps(answer)), answered_at=self._clock.now())
        )

    async def release(self, tx: UnitOfWork) -> None:
        """Remove the claim after a failure that changed nothing, so that the same key may try again."""
        await sql_transaction(tx).execute(
            delete(IDEMPOTENCY_KEYS).where(
                IDEMPOTENCY_KEYS.c.scope == self.scope, IDEMPOTENCY_KEYS.c.key == self.key
            )
        )


def fingerprint(value: Any) -> str:
    """Return a digest of an input; the order of its keys does not matter."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


class Idempotency:
    """The idempotency keys of one subgraph."""

    def __init__(self, clock: Clock | None = None, *, lease: timedelta = timedelta(minutes=2)) -> None:
        self._clock = clock or SystemClock()
        self._lease = lease

    async def run(self, tx: UnitOfWork, *, key: str, scope: str, fingerprint: str) -> Answered | Slot:
        """Return a `Slot` when `key` is new in `scope` (user and operation, `usr_1:placeOrder`), else the
        former answer.

        Of two equal requests at once, the second waits for the transaction of the first and gets its answer.
        When the answer is stored in a later transaction, because the provider must be asked in between, the
        second raises `RequestInProgress` until then, or takes over when the lease of a claimant that died is
        over. Raises `IdempotencyConflict` for another input.
        """
        transaction = sql_transaction(tx)
        now = self._clock.now()
        row = {"scope": scope, "key": key, "fingerprint": fingerprint, "claimed_at": now}
        # The unique key decides the race: the second INSERT waits for the first transaction. If that commits,
        # it inserts nothing; if that rolls back, the second request becomes the first.
        claimed = await transaction.execute(_CLAIM[transaction.dialect], row)
        if claimed.rowcount == 1:
            return Slot(scope, key, self._clock)
        return await self._known(transaction, scope, key, fingerprint, now)

    async def _known(
        self, transaction: Transaction, scope: str, key: str, fingerprint: str, now: datetime
    ) -> Answered | Slot:
        columns = IDEMPOTENCY_KEYS.c
        mine = (columns.scope == scope, columns.key == key)
        row = (
            await transaction.execute(
                select(columns.fingerprint, columns.answer, columns.answered_at)
                .where(*mine)
                .with_for_update()
            )
        ).one()
        if row.fingerprint != fingerprint:
            raise IdempotencyConflict
        if row.answered_at is not None:
            return Answered(row.answer)
        # Guarded by `claimed_at`: of several that find an expired lease at once, one takes it over.
        taken_over = await transaction.execute(
            update(IDEMPOTENCY_KEYS)
            .where(*mine, columns.claimed_at <= now - self._lease, columns.answered_at.is_(None))
            .values(claimed_at=now)
        )
        if taken_over.rowcount == 1:
            return Slot(scope, key, self._clock)
        raise RequestInProgress

    async def prune(self, tx: UnitOfWork, before: datetime) -> int:
        """Delete keys claimed before `before`; return how many."""
        statement = delete(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.claimed_at < before)
        return (await sql_transaction(tx).execute(statement)).rowcount
