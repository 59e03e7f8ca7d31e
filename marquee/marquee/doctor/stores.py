"""Looks at the SQL stores: response, privileges of the role, pending migrations, clock."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from marquee.doctor.finding import Finding, Look, bad, good, place_of, warning
from marquee_subgraphs.kit.database.skew import MOST_SKEW_SECONDS
from marquee_subgraphs.kit.settings import Settings

_CONNECT_SECONDS: Final = 4
_SOME_SKEW_SECONDS: Final = 1.0


def looks(settings: Settings, names: Sequence[str]) -> Iterator[tuple[str, bool, Look]]:
    """The looks at the stores of these subgraphs."""
    if settings.postgres_url is not None:
        importlib.import_module("asyncpg")  # now: it must not count into the response time
        yield "PostgreSQL", True, partial(_server, settings, names)
        yield "clock", True, partial(_clock, settings, names)
    yield "tables", False, partial(_tables, settings, names)


async def _connect(settings: Settings, names: Sequence[str]) -> Any:
    """Connect to the first store that exists, else to the server's own database."""
    import asyncpg

    for database in (*(f"/marquee_{name}" for name in names), "/postgres"):
        assert settings.postgres_url is not None, "looked at only when it is set"
        parts = urlsplit(settings.postgres_url.get_secret_value())
        url = parts._replace(scheme="postgresql", path=database).geturl()
        try:
            return await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
        except asyncpg.InvalidCatalogNameError:
            continue
    raise LookupError("the server has none of our databases, nor one of its own")


async def _server(settings: Settings, names: Sequence[str]) -> Finding:
    assert settings.postgres_url is not None, "looked at only when it is set"
    connection = await _connect(settings, names)
    try:
        version = await connection.fetchval("SHOW server_version")
        role = await connection.fetchrow(
            "SELECT rolname, rolcreatedb OR rolsuper AS creates, rolsuper FROM pg_roles"
            " WHERE rolname = current_user"
        )
        wanted = [f"marquee_{name}" for name in names]
        there = await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = ANY($1)", wanted)
        most = int(await connection.fetchval("SHOW max_connections"))
    finally:
        await connection.close()
    where = f"{place_of(settings.postgres_url)} as {role['rolname']}"
    detail = f"{version} at {where}, {there} of {len(wanted)} databases"
    if there < len(wanted) and not role["creates"]:
        return bad(
            "PostgreSQL",
            f"{detail}; the role may not make the rest",
            "Make them, or grant CREATEDB to the role.",
        )
    if most < len(wanted) * settings.postgres_pool_size:
        return warning(
            "PostgreSQL",
            f"{detail}; max_connections is {most}",
            "Raise it above the number of processes times MARQUEE_POSTGRES_POOL_SIZE.",
        )
    if role["rolsuper"] and settings.takes_real_money:
        return warning("PostgreSQL", f"{detail}, a superuser", "Give Marquee a role of its own.")
    return good("PostgreSQL", detail)


async def _clock(settings: Settings, names: Sequence[str]) -> Finding:
    connection = await _connect(settings, names)
    try:
        before, began = datetime.now(UTC), time.monotonic()
        there: datetime = await connection.fetchval("SELECT clock_timestamp()")
        took = time.monotonic() - began
    finally:
        await connection.close()
    skew = (there - before).total_seconds() - took / 2
    detail = f"{abs(skew) * 1000:.0f} ms {'behind' if skew > 0 else 'ahead of'} the database's"
    if abs(skew) > MOST_SKEW_SECONDS:
        return bad("clock", detail, "Set both by NTP: signatures and holds go by the clock.")
    return (
        warning("clock", detail, "Set both by NTP.")
        if abs(skew) > _SOME_SKEW_SECONDS
        else good("clock", detail)
    )


async def _tables(settings: Settings, names: Sequence[str]) -> Finding:
    """Reports pending migrations; missing SQLite files are made at start."""
    from marquee.migrations import pending_stores

    if settings.postgres_url is None:
        names = [name for name in names if (settings.data_dir / f"{name}.sqlite").exists()]
        if not names:
            return good("tables", "no stores yet; made at the first start")

    async def look(name: str) -> str | None:
        lines: list[str] = []
        pending = await pending_stores(settings, [name], lines.append)
        return " ".join(lines[-1].partition(":")[2].split()) if pending else None

    found: list[str | BaseException | None] = []
    # Files may belong to a running process, so they are opened one after another; a server takes all at once.
    if settings.postgres_url is None:
        for name in names:
            found += await asyncio.gather(look(name), return_exceptions=True)
    else:
        found += await asyncio.gather(*map(look, names), return_exceptions=True)
    broken = [
        f"{name}: {type(each).__name__}"
        for name, each in zip(names, found, strict=True)
        if isinstance(each, Exception)
    ]
    if broken:
        return bad("tables", ", ".join(broken), "Run `marquee migrate --check` to see more.")
    waiting = _grouped({name: each for name, each in zip(names, found, strict=True) if isinstance(each, str)})
    if not waiting:
        return good("tables", f"up to date in {len(names)} stores")
    if settings.migrate == "auto":
        return good("tables", f"{waiting}; migrated at start")
    return bad("tables", waiting, "Run `marquee migrate`.")


def _grouped(states: Mapping[str, str]) -> str:
    """`not there yet: users, movies; at 0001 of 0002: tickets`."""
    names: dict[str, list[str]] = {}
    for name, state in states.items():
        names.setdefault(state, []).append(name)
    return "; ".join(f"{state}: {', '.join(of)}" for state, of in names.items())
