"""Brings a store to the newest revision of each history when it is opened. Loads Alembic only if it must.

- An empty store is created at the newest revision.
- A store with tables and no recorded revision is older than the revisions, and is taken through all of them.
- A store that is behind is migrated.
- A newer store is used when its last revision names this code as compatible, and refused otherwise.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import Connection, insert

from marquee_subgraphs.kit.database.upgrade.history import History
from marquee_subgraphs.kit.database.upgrade.standing import Standing, read_standings

_ALONE = threading.Lock()
_ALONE_PAUSE_SECONDS = 0.005


def bring_up_to_date(connection: Connection, histories: Sequence[History]) -> list[Standing]:
    """Create or migrate what is pending; return where the store stood before.

    The caller has the store's lock, an open transaction and `one_at_a_time`. Raises `StoreTooNew`,
    `StoreUnrecognised`, or what a revision raised.
    """
    before = read_standings(connection, histories)
    for standing in before:
        if standing.is_empty:
            _create(connection, standing.history)
        elif standing.is_pending:
            # Imported here: Alembic takes 0.1 s to load, which a store that is up to date need not pay.
            from marquee_subgraphs.kit.database.upgrade.runner import upgrade

            upgrade(connection, standing)
    return before


def _create(connection: Connection, history: History) -> None:
    history.tables.create_all(connection)
    versions, head = history.versions(), history.head()
    versions.create(connection, checkfirst=True)
    connection.execute(
        insert(versions).values(version_num=head, compatible_from=history.compatible_from(head))
    )


@asynccontextmanager
async def one_at_a_time() -> AsyncIterator[None]:
    """Wait until no other store is being migrated: Alembic's `op` is one global of the process."""
    while not _ALONE.acquire(blocking=False):  # noqa: ASYNC110 - an event would belong to one loop
        await asyncio.sleep(_ALONE_PAUSE_SECONDS)
    try:
        yield
    finally:
        _ALONE.release()
