"""The showtimes database: films as heard of, cinemas, rooms, showtimes. The only SQL of this subgraph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    and_,
    false,
    func,
    or_,
    select,
    tuple_,
    update,
)

from marquee_subgraphs.kit.database import Connection, Json, MinorUnits, Transaction, UtcDateTime
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.showtimes.domain import (
    CLEANING_GAP,
    AuditoriumRecord,
    CinemaRecord,
    MovieRecord,
    ScreenFormat,
    ShowtimeRecord,
    ShowtimeStatus,
    Slot,
)
from marquee_subgraphs.showtimes.layout import SeatKind, SeatPlace

TABLES = MetaData()

MOVIES = Table(
    "movies",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("title", String(300), nullable=False),
    Column("runtime_minutes", Integer, nullable=False),
    Column("is_active", Boolean, nullable=False),
)
CINEMAS = Table(
    "cinemas",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("city", String(200), nullable=False),
    Column("address", String(300), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
AUDITORIUMS = Table(
    "auditoriums",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("cinema_id", String(40), ForeignKey("cinemas.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("curved", Boolean, nullable=False),
    Column("seat_count", Integer, nullable=False),
    Column("seats", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
SHOWTIMES = Table(
    "showtimes",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("movie_id", String(40), ForeignKey("movies.id"), nullable=False),
    Column("cinema_id", String(40), ForeignKey("cinemas.id"), nullable=False),
    Column("auditorium_id", String(40), ForeignKey("auditoriums.id"), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("sales_close_at", UtcDateTime, nullable=False),
    Column("base_price", MinorUnits, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("screen_format", String(12), nullable=False),
    Column("language", String(20), nullable=False),
    Column("seat_count", Integer, nullable=False),
    Column("cancelled_reason", Text),
    Index("showtimes_by_start", "starts_at", "id"),
    Index("showtimes_by_movie", "movie_id", "starts_at", "id"),
    Index("showtimes_by_cinema", "cinema_id", "starts_at", "id"),
    Index("showtimes_by_auditorium", "auditorium_id", "starts_at"),
)


@dataclass(frozen=True, slots=True)
class ShowtimeQuery:
    """Which showtimes; `spans` are alternatives of a cinema (None: any) and a half-open time range."""

    movie_id: str | None = None
    cinema_id: str | None = None
    auditorium_id: str | None = None
    spans: tuple[tuple[str | None, datetime | None, datetime | None], ...] = ((None, None, None),)
    status: ShowtimeStatus | None = None
    now: datetime | None = None
    """What `status` is measured against; needed with it."""


class ShowtimeStore:
    """Reads and writes of the showtimes database; each method is one statement."""

    async def save_movie(self, tx: Transaction, movie: MovieRecord) -> None:
        """Keep the film as it is now."""
        statement = tx.insert(MOVIES).values(**asdict(movie))
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=["id"],
                set_={name: statement.excluded[name] for name in ("title", "runtime_minutes", "is_active")},
            )
        )

    async def find_movie(self, connection: Connection, movie_id: str) -> MovieRecord | None:
        row = (await connection.execute(select(MOVIES).where(MOVIES.c.id == movie_id))).first()
        return None if row is None else MovieRecord(**row._mapping)

    async def insert_cinema(self, tx: Transaction, cinema: CinemaRecord, now: datetime) -> None:
        await tx.execute(
            CINEMAS.insert().values(
                id=cinema.id,
                name=cinema.name,
                city=cinema.city,
                address=cinema.address,
                time_zone=cinema.time_zone,
                currency=cinema.currency.value,
                created_at=now,
            )
        )

    async def find_cinemas(self, connection: Connection, ids: Sequence[str]) -> dict[str, CinemaRecord]:
        rows = await connection.execute(_CINEMAS.where(CINEMAS.c.id.in_(ids)))
        return {row.id: _cinema(row) for row in rows}

    async def all_cinemas(self, connection: Connection) -> list[CinemaRecord]:
        """Every cinema: a chain has tens of them."""
        return [_cinema(row) for row in await connection.execute(_CINEMAS.order_by(CINEMAS.c.id))]

    async def page_of_cinemas(self, connection: Connection, request: PageRequest) -> list[CinemaRecord]:
        """Up to `first + 1` cinemas by name."""
        query = _CINEMAS.order_by(CINEMAS.c.name, CINEMAS.c.id).limit(request.first + 1)
        if request.after is not None:
            query = query.where(tuple_(CINEMAS.c.name, CINEMAS.c.id) > request.after)
        return [_cinema(row) for row in await connection.execute(query)]

    async def count_cinemas(self, connection: Connection) -> int:
        return int(await connection.scalar(select(func.count()).select_from(CINEMAS)))

    async def insert_auditorium(
        self, tx: Transaction, auditorium: AuditoriumRecord, seats: Sequence[SeatPlace], now: datetime
    ) -> None:
        await tx.execute(
            AUDITORIUMS.insert().values(
                **asdict(auditorium), seats=[asdict(seat) for seat in seats], created_at=now
            )
        )

    async def find_auditoriums(
        self, connection: Connection, ids: Sequence[str]
    ) -> dict[str, AuditoriumRecord]:
        rows = await connection.execute(select(*_AUDITORIUM).where(AUDITORIUMS.c.id.in_(ids)))
        return {row.id: AuditoriumRecord(**row._mapping) for row in rows}

    async def lock_auditorium(self, tx: Transaction, auditorium_id: str) -> AuditoriumRecord | None:
        """The auditorium, held against other schedulers until the end of the transaction."""
        row = (
            await tx.execute(select(*_AUDITORIUM).where(AUDITORIUMS.c.id == auditorium_id).with_for_update())
        ).first()
        return None if row is None else AuditoriumRecord(**row._mapping)

    async def seats_of(self, connection: Connection, ids: Sequence[str]) -> dict[str, list[SeatPlace]]:
        """The seats of each auditorium, row by row."""
        rows = await connection.execute(
            select(AUDITORIUMS.c.id, AUDITORIUMS.c.seats).where(AUDITORIUMS.c.id.in_(ids))
        )
        return {row.id: [_seat(seat) for seat in row.seats] for row in rows}

    async def seats_by_showtime(
        self, connection: Connection, showtime_ids: Sequence[str]
    ) -> dict[str, list[SeatPlace]]:
        """The seats of each showtime's auditorium."""
        rows = await connection.execute(
            select(SHOWTIMES.c.id, AUDITORIUMS.c.seats)
            .join(AUDITORIUMS, AUDITORIUMS.c.id == SHOWTIMES.c.auditorium_id)
            .where(SHOWTIMES.c.id.in_(showtime_ids))
        )
        return {row.id: [_seat(seat) for seat in row.seats] for row in rows}

    async def auditoriums_of(
        self, connection: Connection, cinema_ids: Sequence[str]
    ) -> Mapping[str, list[AuditoriumRecord]]:
        """The auditoriums of each cinema, by name."""
        rows = await connection.execute(
            select(*_AUDITORIUM)
            .where(AUDITORIUMS.c.cinema_id.in_(cinema_ids))
            .order_by(AUDITORIUMS.c.name, AUDITORIUMS.c.id)
        )
        found: dict[str, list[AuditoriumRecord]] = {cinema_id: [] for cinema_id in cinema_ids}
        for row in rows:
            found[row.cinema_id].append(AuditoriumRecord(**row._mapping))
        return found

    async def page_of_auditoriums(
        self, connection: Connection, request: PageRequest, cinema_id: str | None
    ) -> list[AuditoriumRecord]:
        """Up to `first + 1` auditoriums by name."""
        query = select(*_AUDITORIUM).order_by(AUDITORIUMS.c.name, AUDITORIUMS.c.id).limit(request.first + 1)
        if cinema_id is not None:
            query = query.where(AUDITORIUMS.c.cinema_id == cinema_id)
        if request.after is not None:
            query = query.where(tuple_(AUDITORIUMS.c.name, AUDITORIUMS.c.id) > request.after)
        return [AuditoriumRecord(**row._mapping) for row in await connection.execute(query)]

    async def count_auditoriums(self, connection: Connection, cinema_id: str | None) -> int:
        query = select(func.count()).select_from(AUDITORIUMS)
        if cinema_id is not None:
            query = query.where(AUDITORIUMS.c.cinema_id == cinema_id)
        return int(await connection.scalar(query))

    async def insert_showtime(self, tx: Transaction, showtime: ShowtimeRecord) -> None:
        await tx.execute(
            SHOWTIMES.insert().values(
                id=showtime.id,
                movie_id=showtime.movie_id,
                cinema_id=showtime.cinema_id,
                auditorium_id=showtime.auditorium_id,
                starts_at=showtime.starts_at,
                ends_at=showtime.ends_at,
                sales_close_at=showtime.sales_close_at,
                base_price=showtime.base_price.minor_units,
                currency=showtime.base_price.currency.value,
                screen_format=showtime.screen_format.value,
                language=showtime.language,
                seat_count=showtime.seat_count,
                cancelled_reason=showtime.cancelled_reason,
            )
        )

    async def overlapping(
        self, tx: Transaction, auditorium_id: str, slot: Slot, *, but: str | None = None
    ) -> list[str]:
        """The ids of showtimes that stand in the way of `slot`, cleaning included."""
        query = select(SHOWTIMES.c.id).where(
            SHOWTIMES.c.auditorium_id == auditorium_id,
            SHOWTIMES.c.cancelled_reason.is_(None),
            SHOWTIMES.c.starts_at < slot.ends_at + CLEANING_GAP,
            SHOWTIMES.c.ends_at > slot.starts_at - CLEANING_GAP,
        )
        if but is not None:
            query = query.where(SHOWTIMES.c.id != but)
        return list(await tx.scalars(query.order_by(SHOWTIMES.c.starts_at)))

    async def find_showtimes(self, connection: Connection, ids: Sequence[str]) -> dict[str, ShowtimeRecord]:
        rows = await connection.execute(select(SHOWTIMES).where(SHOWTIMES.c.id.in_(ids)))
        return {row.id: _showtime(row) for row in rows}

    async def set_slot(self, tx: Transaction, showtime_id: str, slot: Slot) -> None:
        await tx.execute(
            update(SHOWTIMES)
            .where(SHOWTIMES.c.id == showtime_id)
            .values(starts_at=slot.starts_at, ends_at=slot.ends_at, sales_close_at=slot.sales_close_at)
        )

    async def cancel(self, tx: Transaction, showtime_id: str, reason: str) -> bool:
        """Cancel; False when it was cancelled already."""
        rows = await tx.execute(
            update(SHOWTIMES)
            .where(SHOWTIMES.c.id == showtime_id, SHOWTIMES.c.cancelled_reason.is_(None))
            .values(cancelled_reason=reason)
        )
        return rows.rowcount == 1

    async def page_of_showtimes(
        self, connection: Connection, request: PageRequest, query: ShowtimeQuery
    ) -> list[ShowtimeRecord]:
        """Up to `first + 1` showtimes by start."""
        statement = select(SHOWTIMES).where(*_matches(query)).limit(request.first + 1)
        if request.after is not None:
            statement = statement.where(tuple_(SHOWTIMES.c.starts_at, SHOWTIMES.c.id) > request.after)
        statement = statement.order_by(SHOWTIMES.c.starts_at, SHOWTIMES.c.id)
        return [_showtime(row) for row in await connection.execute(statement)]

    async def count_showtimes(self, connection: Connection, query: ShowtimeQuery) -> int:
        return int(
            await connection.scalar(select(func.count()).select_from(SHOWTIMES).where(*_matches(query)))
        )

    async def showtimes_by_parent(
        self,
        connection: Connection,
        column: str,
        parent_ids: Sequence[str],
        request: PageRequest,
        query: ShowtimeQuery,
    ) -> Mapping[str, list[ShowtimeRecord]]:
        """Up to `first + 1` showtimes of each parent (`movie_id`, `cinema_id`), by start."""
        parent = SHOWTIMES.c[column]
        place = func.row_number().over(partition_by=parent, order_by=(SHOWTIMES.c.starts_at, SHOWTIMES.c.id))
        inner: Select[Any] = select(SHOWTIMES, place.label("place")).where(
            parent.in_(parent_ids), *_matches(query)
        )
        if request.after is not None:
            inner = inner.where(tuple_(SHOWTIMES.c.starts_at, SHOWTIMES.c.id) > request.after)
        ranked = inner.subquery()
        rows = await connection.execute(
            select(ranked)
            .where(ranked.c.place <= request.first + 1)
            .order_by(ranked.c.starts_at, ranked.c.id)
        )
        found: dict[str, list[ShowtimeRecord]] = {parent_id: [] for parent_id in parent_ids}
        for row in rows:
            found[row._mapping[column]].append(_showtime(row))
        return found


_SEAT_TOTAL = (
    select(func.coalesce(func.sum(AUDITORIUMS.c.seat_count), 0))
    .where(AUDITORIUMS.c.cinema_id == CINEMAS.c.id)
    .scalar_subquery()
)
_CINEMAS = select(CINEMAS, _SEAT_TOTAL.label("seat_count"))
_AUDITORIUM = [AUDITORIUMS.c[name] for name in ("id", "cinema_id", "name", "curved", "seat_count")]


def _matches(query: ShowtimeQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column in ("movie_id", "cinema_id", "auditorium_id"):
        value = getattr(query, column)
        if value is not None:
            conditions.append(SHOWTIMES.c[column] == value)
    conditions.append(or_(false(), *(_in_span(*span) for span in query.spans)))
    if query.status is ShowtimeStatus.CANCELLED:
        conditions.append(SHOWTIMES.c.cancelled_reason.is_not(None))
    elif query.status is not None:
        ended = SHOWTIMES.c.ends_at <= query.now
        conditions.append(SHOWTIMES.c.cancelled_reason.is_(None))
        conditions.append(ended if query.status is ShowtimeStatus.ENDED else ~ended)
    return conditions


def _in_span(cinema_id: str | None, start: datetime | None, end: datetime | None) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    if cinema_id is not None:
        parts.append(SHOWTIMES.c.cinema_id == cinema_id)
    if start is not None:
        parts.append(SHOWTIMES.c.starts_at >= start)
    if end is not None:
        parts.append(SHOWTIMES.c.starts_at < end)
    return and_(True, *parts)


def _cinema(row: Any) -> CinemaRecord:
    return CinemaRecord(
        id=row.id,
        name=row.name,
        city=row.city,
        address=row.address,
        time_zone=row.time_zone,
        currency=Currency(row.currency),
        seat_count=int(row.seat_count),
    )


def _seat(seat: Mapping[str, Any]) -> SeatPlace:
    return SeatPlace(**{**seat, "kind": SeatKind(seat["kind"])})


def _showtime(row: Any) -> ShowtimeRecord:
    return ShowtimeRecord(
        id=row.id,
        movie_id=row.movie_id,
        cinema_id=row.cinema_id,
        auditorium_id=row.auditorium_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        sales_close_at=row.sales_close_at,
        base_price=Money(row.base_price, Currency(row.currency)),
        screen_format=ScreenFormat(row.screen_format),
        language=row.language,
        seat_count=row.seat_count,
        cancelled_reason=row.cancelled_reason,
    )
