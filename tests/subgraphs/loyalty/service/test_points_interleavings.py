"""Whatever order the events of payments come in, and however often: the balances are those of the ledger."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events import EmbeddedBroker, Envelope, ServiceEvents
from marquee_subgraphs.kit.ids import new_ulid
from marquee_subgraphs.loyalty.domain import EntryKind, MembershipRecord, Plan, Tier
from marquee_subgraphs.loyalty.events.handlers import LoyaltyHandlers
from marquee_subgraphs.loyalty.invariants import verify
from marquee_subgraphs.loyalty.migrations import HISTORY
from marquee_subgraphs.loyalty.service import LoyaltyService
from marquee_subgraphs.loyalty.service.points import Posting
from marquee_subgraphs.loyalty.store import LoyaltyStore

PAYMENTS = {"pay_1": 4_850, "pay_2": 1_000, "pay_3": 777}
EARNED = {"pay_1": 480, "pay_2": 100, "pay_3": 70}


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[str, str, int]], dict[str, int]]:
    """What happens (what, to which payment, refunded so far), in any order with some of it twice, and
    what each payment has given back in the end."""
    happened: list[tuple[str, str, int]] = [("starts", "", 0), ("spends", "", 0)]
    refunded = {}
    for payment, amount in PAYMENTS.items():
        happened.append(("captured", payment, 0))
        steps = sorted(draw(st.sets(st.integers(1, amount), max_size=3)))
        whole = draw(st.booleans())
        if steps and whole:
            steps[-1] = amount
        refunded[payment] = steps[-1] if steps else 0
        happened += [("refunded", payment, total) for total in steps]
    order = draw(st.permutations(happened))
    again = draw(st.lists(st.sampled_from([each for each in happened if each[1]]), max_size=4))
    for each in again:
        order.insert(draw(st.integers(0, len(order))), each)
    return order, refunded


class Life:
    """A loyalty store that hears events one by one, without a broker between."""

    def __init__(self, database: Database, events: ServiceEvents, clock: FrozenClock) -> None:
        self.database = database
        self.clock = clock
        self.events = events
        self.store = LoyaltyStore()
        backend = Backend.of(database, events, clock)
        service = LoyaltyService.of(backend, self.store)
        self.points = service.points
        LoyaltyHandlers(backend, self.store, service).register()
        self._made: dict[tuple[str, str, int], Envelope] = {}

    async def begin(self) -> None:
        """One member, one showtime tomorrow."""
        member = MembershipRecord(
            "mbr_1", "usr_1", Plan.STANDARD, Tier.BRONZE, 0, 0, 0, None, self.clock.now()
        )
        async with self.database.transaction() as tx:
            await self.store.members.insert(tx, member)
            starts_at = self.clock.now() + timedelta(days=1)
            await self.store.showtimes.schedule(tx, "shw_1", "M", starts_at)

    async def live(self, what: str, payment_id: str, total: int) -> None:
        """Let one thing happen. The same refund or capture is the same event."""
        if what == "starts":
            self.clock.advance(timedelta(days=2))
            return
        if what == "spends":
            async with self.database.transaction() as tx:
                member = await self.store.members.lock(tx, user_id="usr_1")
                assert member is not None
                posting = Posting(kind=EntryKind.ADJUSTED, points=-50, reason="spent", key="adjusted:1")
                member = await self.points.post(tx, member, posting)
                await self.points.close(tx, member)
            return
        key = (what, payment_id, total)
        event = self._made.setdefault(key, self._event(what, payment_id, total))
        await self.events.consumer.handle(event)

    async def settle(self) -> MembershipRecord:
        """Release what is due; answer the member."""
        async with self.database.transaction() as tx:
            member = await self.store.members.lock(tx, user_id="usr_1")
            assert member is not None
            return await self.points.close(tx, await self.points.release(tx, member))

    def _event(self, what: str, payment_id: str, total: int) -> Envelope:
        now = self.clock.now()
        payload = {"payment_id": payment_id, "order_id": f"ord_{payment_id}", "user_id": "usr_1"}
        moneys = {
            name: {"minor": PAYMENTS[payment_id] if what == "captured" else total, "currency": "PEN"}
            for name in ("amount", "refunded_total")
        }
        return Envelope(
            id=new_ulid(now),
            type="payment.captured" if what == "captured" else "refund.completed",
            version=1,
            occurred_at=now,
            producer="payments",
            aggregate_id=payment_id,
            aggregate_version=1,
            correlation_id="test",
            causation_id=None,
            trace=None,
            payload={**payload, "showtime_id": "shw_1", **moneys},
        )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_balances_are_the_ledgers_after_every_event(
    history: tuple[list[tuple[str, str, int]], dict[str, int]],
) -> None:
    happened, refunded = history

    async def run(folder: Path) -> None:
        clock = FrozenClock()
        async with (
            await EmbeddedBroker.open(folder / "broker.sqlite", clock=clock) as broker,
            await Database.open(f"sqlite:///{folder / 'loyalty.sqlite'}", HISTORY) as database,
        ):
            life = Life(database, ServiceEvents("loyalty", database, broker, clock), clock)
            await life.begin()
            for each in happened:
                await life.live(*each)
                assert [str(found) for found in await verify(database) if not found.holds] == []
            member = await life.settle()
            assert [str(found) for found in await verify(database) if not found.holds] == []
            kept = sum(
                EARNED[payment] - EARNED[payment] * refunded[payment] // amount
                for payment, amount in PAYMENTS.items()
            )
            assert (member.points, member.pending) == (kept - 50, 0)

    with TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))
