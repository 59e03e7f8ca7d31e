"""What resolvers read: batches of a constant number of statements, pages, and who may see what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.tickets.domain import seating
from marquee_subgraphs.tickets.domain.codes import make_code, read_token
from marquee_subgraphs.tickets.domain.hall import Hall, SeatView
from marquee_subgraphs.tickets.domain.identifiers import is_askable
from marquee_subgraphs.tickets.domain.orders import Order, Ticket
from marquee_subgraphs.tickets.domain.refunds import RefundOption, options_for
from marquee_subgraphs.tickets.domain.showtimes import Cancellation, Showtime
from marquee_subgraphs.tickets.domain.vouchers import Voucher
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.staff import cinemas_seen_by
from marquee_subgraphs.tickets.store.pages import OrderQuery, TicketQuery

SCOPE_READ = "tickets:read"
SeatKey = tuple[str, str]
OrderPage = tuple[str, OrderQuery, PageRequest]
TicketPage = tuple[str, TicketQuery, PageRequest]
QueryT = TypeVar("QueryT")


def _askable(identifiers: Iterable[str]) -> list[str]:
    return [identifier for identifier in identifiers if is_askable(identifier)]


def _alike(
    keys: Iterable[tuple[str, QueryT, PageRequest]],
) -> Iterable[tuple[tuple[QueryT, PageRequest], list[str]]]:
    """Group the users whose same page is asked for."""
    groups: dict[tuple[QueryT, PageRequest], list[str]] = {}
    for user_id, query, request in keys:
        groups.setdefault((query, request), []).append(user_id)
    return groups.items()


def may_read(viewer: Viewer, *, user_id: str | None, cinema_id: str) -> bool:
    """True if a viewer may see an order or a ticket: its owner, and staff of its cinema."""
    return viewer.is_user(user_id) or (viewer.has_scope(SCOPE_READ) and viewer.works_at(cinema_id))


@dataclass(frozen=True, slots=True)
class SeatChange:
    """The seats of a showtime that changed since a version; with `resync` all of them."""

    hall: Hall
    labels: list[str]
    resync: bool


class TicketQueries:
    """The queries of tickets."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._store = resources.store
        self._database = resources.backend.database

    def now(self) -> datetime:
        """The moment by which states are read."""
        return self._resources.now()

    def code_of(self, ticket: Ticket) -> str:
        """Return the signed text of a ticket's QR code."""
        return make_code(self._resources.key, ticket.id, ticket.showtime_id, ticket.code_version)

    async def showtimes(self, showtime_ids: Sequence[str]) -> Mapping[str, Showtime]:
        """Batch: showtimes by id."""
        async with self._database.read() as connection:
            return await self._store.showtimes.find_many(connection, _askable(showtime_ids))

    async def halls(self, showtime_ids: Sequence[str]) -> Mapping[str, Hall]:
        """Batch: the whole seat maps of showtimes."""
        async with self._database.read() as connection:
            showtimes = await self._store.showtimes.find_many(connection, _askable(showtime_ids))
            layouts = await self._resources.layouts.of(connection, list(showtimes))
            states = await self._store.seats.states_of_many(connection, list(showtimes))
        now = self.now()
        return {
            showtime_id: Hall(showtime, layouts[showtime_id], states[showtime_id], now)
            for showtime_id, showtime in showtimes.items()
        }

    async def seats(self, keys: Sequence[SeatKey]) -> Mapping[SeatKey, Hall]:
        """Batch: single seats by showtime and label, each in a hall that knows its state."""
        showtime_ids = sorted({showtime_id for showtime_id, _ in keys})
        async with self._database.read() as connection:
            showtimes = await self._store.showtimes.find_many(connection, showtime_ids)
            layouts = await self._resources.layouts.of(connection, list(showtimes))
            states = await self._store.seats.states_of_seats(connection, keys)
        now = self.now()
        halls = {
            showtime_id: Hall(
                showtime,
                layouts[showtime_id],
                {label: state for (of, label), state in states.items() if of == showtime_id},
                now,
            )
            for showtime_id, showtime in showtimes.items()
        }
        return {
            (showtime_id, label): halls[showtime_id]
            for showtime_id, label in keys
            if showtime_id in halls and label in halls[showtime_id].layout
        }

    def best_available(self, hall: Hall, count: int, user_id: str | None, lot: str) -> list[SeatView]:
        """Return the best seats that are left, neighbours where possible.

        While others take seats it is one of the best groups, drawn by `lot`: of a hundred people who are
        shown the same two seats, only one gets them.
        """
        wanted = max(1, min(count, seating.MAX_SEATS))
        among = seating.groups_for(hall.recent_holds(seating.CROWD_WINDOW))
        return hall.views(seating.choose_apart(hall.layout, hall.free(), wanted, lot, among), user_id)

    async def changes(self, showtime_id: str, after_version: int | None) -> SeatChange:
        """Return what changed in a showtime's seats after a version (all of them when None).

        Raises `NotFound`.
        """
        if not is_askable(showtime_id):
            raise NotFound("There is no such showtime.")
        async with self._database.read() as connection:
            showtime = await self._store.showtimes.find(connection, showtime_id)
            if showtime is None:
                raise NotFound("There is no such showtime.")
            layout = await self._resources.layouts.of_one(connection, showtime_id)
            changed = None
            # A version ahead of ours is of a store that was restored since: then only all seats are right.
            if after_version is not None and after_version <= showtime.seat_version:
                changed = await self._store.seat_changes.labels_since(
                    connection,
                    showtime_id=showtime_id,
                    after_version=after_version,
                    version=showtime.seat_version,
                )
            if changed is None:
                states = await self._store.seats.states(connection, showtime_id)
            else:
                states = await self._store.seats.states_near(
                    connection, showtime_id=showtime_id, labels=list(changed), hold_id=None, user_id=None
                )
        hall = Hall(showtime, layout, states, self.now())
        if changed is None:
            return SeatChange(hall, [place.label for place in layout.places], resync=True)
        return SeatChange(hall, layout.sort(changed), resync=False)

    async def orders(self, order_ids: Sequence[str]) -> Mapping[str, Order]:
        """Batch: orders by id; callers check `may_read`."""
        async with self._database.read() as connection:
            return await self._store.orders.find_many(connection, _askable(order_ids))

    async def tickets(self, ticket_ids: Sequence[str]) -> Mapping[str, Ticket]:
        """Batch: tickets by id; callers check `may_read`."""
        async with self._database.read() as connection:
            return await self._store.tickets.find_many(connection, _askable(ticket_ids))

    async def tickets_of_orders(self, order_ids: Sequence[str]) -> Mapping[str, list[Ticket]]:
        """Batch: the tickets of orders."""
        async with self._database.read() as connection:
            return await self._store.tickets.of_orders(connection, order_ids)

    async def tickets_of_movies(
        self, keys: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], list[Ticket]]:
        """Batch: a user's tickets by user and movie."""
        found: dict[tuple[str, str], list[Ticket]] = {}
        async with self._database.read() as connection:
            for user_id in {user_id for user_id, _ in keys}:
                movie_ids = _askable(movie_id for of, movie_id in keys if of == user_id)
                by_movie = await self._store.tickets.of_user(connection, user_id, movie_ids)
                found.update({(user_id, movie_id): tickets for movie_id, tickets in by_movie.items()})
        return found

    async def pending_refunds(self, order_ids: Sequence[str]) -> Mapping[str, Money]:
        """Batch: money of orders that is decided to go back."""
        async with self._database.read() as connection:
            return await self._store.refunds.sum_pending_of_orders(connection, order_ids)

    def refund_options(
        self, order: Order, tickets: Sequence[Ticket], showtime: Showtime, pending: Money
    ) -> list[RefundOption]:
        """Return what giving the whole order back is worth from now on."""
        return options_for(order, tickets, showtime, pending=pending, now=self.now())

    async def order(self, viewer: Viewer, order_id: str, access_token: str | None) -> Order | None:
        """Return an order to its owner, to staff of its cinema, or to a guest with its token."""
        order = (await self.orders([order_id])).get(order_id)
        if order is None:
            return None
        guest = order.user_id is None and self.opens(access_token, order_id)
        if guest or may_read(viewer, user_id=order.user_id, cinema_id=order.cinema_id):
            return order
        return None

    def opens(self, access_token: str | None, order_id: str) -> bool:
        """True if `access_token` is that of this guest's order."""
        return access_token is not None and read_token(self._resources.key, access_token) == order_id

    def cinemas_for(self, viewer: Viewer, user_id: str) -> frozenset[str] | None:
        """Return the cinemas a viewer is shown of a user's orders; None for all. Raises `NotAllowed`."""
        viewer.require_self_or_scope(user_id, SCOPE_READ)
        if not is_askable(user_id):
            raise NotFound("There is no such user.")
        return None if viewer.is_user(user_id) else cinemas_seen_by(viewer)

    async def order_pages(self, keys: Sequence[OrderPage]) -> Mapping[OrderPage, Page[Order]]:
        """Batch: pages of users' orders, one statement for each page that is alike."""
        pages: dict[OrderPage, Page[Order]] = {}
        async with self._database.read() as connection:
            for (query, request), users in _alike(keys):
                found = await self._store.pages.orders_of_users(connection, users, query, request)
                for user_id, rows in found.items():
                    page = Page.of(rows, request, lambda order: (order.id,))
                    pages[(user_id, query, request)] = page
        return pages

    async def ticket_pages(self, keys: Sequence[TicketPage]) -> Mapping[TicketPage, Page[Ticket]]:
        """Batch: pages of users' tickets, one statement for each page that is alike."""
        pages: dict[TicketPage, Page[Ticket]] = {}
        async with self._database.read() as connection:
            for (query, request), users in _alike(keys):
                found = await self._store.pages.tickets_of_users(connection, users, query, request)
                for user_id, rows in found.items():
                    page = Page.of(rows, request, lambda ticket: (ticket.id,))
                    pages[(user_id, query, request)] = page
        return pages

    async def counts(
        self, keys: Sequence[tuple[str, OrderQuery | TicketQuery]]
    ) -> Mapping[tuple[str, OrderQuery | TicketQuery], int]:
        """Batch: how many orders or tickets users have."""
        counts: dict[tuple[str, OrderQuery | TicketQuery], int] = {}
        async with self._database.read() as connection:
            for query in {query for _, query in keys}:
                users = [user_id for user_id, of in keys if of == query]
                found = await self._store.pages.count_by_user(connection, users, query)
                counts.update({(user_id, query): found.get(user_id, 0) for user_id in users})
        return counts

    async def cancellations(self, showtime_ids: Sequence[str]) -> Mapping[str, Cancellation]:
        """Batch: how far the refunds of cancelled showtimes are."""
        async with self._database.read() as connection:
            return await self._store.cancellations.find_many(connection, _askable(showtime_ids))

    async def page_tickets(self, query: TicketQuery, request: PageRequest) -> Page[Ticket]:
        """Return tickets; the caller narrows the query to what the viewer may see."""
        async with self._database.read() as connection:
            rows = await self._store.pages.tickets(connection, query, request)
        return Page.of(rows, request, lambda ticket: (ticket.id,))

    async def count_tickets(self, query: TicketQuery) -> int:
        """Count what `page_tickets` leads through."""
        async with self._database.read() as connection:
            return await self._store.pages.count_tickets(connection, query)

    async def voucher(self, viewer: Viewer, code: str) -> Voucher | None:
        """Return one of the viewer's own vouchers."""
        user_id = viewer.require_user()
        if not is_askable(code):
            return None
        async with self._database.read() as connection:
            voucher = await self._store.vouchers.find(connection, code)
        return voucher if voucher is not None and voucher.user_id == user_id else None
