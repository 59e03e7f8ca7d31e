"""What tickets keeps of other subgraphs: showtimes, vouchers, tiers; and forgetting a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope, PoisonEvent
from marquee_subgraphs.tickets import store
from marquee_subgraphs.tickets.domain.layout import SeatPlace
from marquee_subgraphs.tickets.domain.pricing import BOOKING_FEES
from marquee_subgraphs.tickets.domain.vouchers import Voucher
from marquee_subgraphs.tickets.service.box_office import BoxOffice


class Projections:
    """Keeps projections up to date; each step is safe to repeat."""

    def __init__(self, office: BoxOffice) -> None:
        self._office = office

    async def schedule(
        self,
        tx: Transaction,
        values: dict[str, Any],
        places: Sequence[SeatPlace],
        blocked: Sequence[str],
    ) -> None:
        """Open a showtime for sale; seats that its layout blocks are out of sale from the start."""
        if values["currency"] not in BOOKING_FEES:
            raise PoisonEvent(f"the showtime {values['id']} is in an unknown currency")
        if await store.save_showtime(tx, values, places) and blocked:
            await store.block_seats(
                tx, showtime_id=values["id"], labels=blocked, now=self._office.clock.now()
            )

    async def reschedule(self, tx: Transaction, showtime_id: str, moments: Mapping[str, datetime]) -> None:
        """Move a showtime; orders and tickets stay."""
        await store.update_showtime(tx, showtime_id, **moments)

    async def cancel_showtime(self, tx: Transaction, showtime_id: str, *, reason: str) -> None:
        """Stop sales at once, and note that every order is to be given back; `Sweeping` does that."""
        await store.update_showtime(tx, showtime_id, is_cancelled=True)
        await store.begin_cancellation(
            tx,
            showtime_id=showtime_id,
            reason=reason,
            orders_total=await store.count_orders_of_showtime(tx, showtime_id),
        )

    async def keep_voucher(self, tx: Transaction, voucher: Voucher) -> None:
        """Keep a voucher that loyalty issued."""
        await store.save_voucher(tx, voucher)

    async def keep_tier(self, tx: Transaction, user_id: str, tier: str) -> None:
        """Keep a member's tier."""
        await store.save_tier(tx, user_id=user_id, tier=tier)

    async def erase(self, tx: Transaction, user_id: str, cause: Envelope) -> None:
        """Forget who bought; what was sold stays, for the books."""
        await store.erase_user(tx, user_id)
        await self._office.events.erased(tx, user_id, cause)
