"""Runs the revisions that a store lacks, by Alembic, in the transaction of the caller.

Must never commit: one upgrade is kept whole or not at all, on SQLite too.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationInfo, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text, update

from marquee_subgraphs.kit.database.errors import StoreUnrecognised
from marquee_subgraphs.kit.database.upgrade.history import History
from marquee_subgraphs.kit.database.upgrade.standing import Standing

_LOGGER = logging.getLogger("marquee.database")


def scripts_of(history: History) -> ScriptDirectory:
    """Return Alembic's view of the history's folder."""
    return ScriptDirectory(history.folder, version_locations=[history.folder])


def upgrade(connection: Connection, standing: Standing, *, to: str | None = None) -> None:
    """Run every revision after the recorded one, up to `to` (the newest when None).

    Revisions begin with `if_not_exists`, so that a store from before there were revisions starts at the first
    one and keeps its tables. Raises `StoreUnrecognised` when it then still lacks a column or breaks a
    reference.
    """
    history = standing.history
    logging.getLogger("alembic").setLevel(logging.WARNING)  # its own log lines describe its internals
    _LOGGER.info("migrating %s", standing)
    scripts, target = scripts_of(history), to or history.head()
    versions = history.versions()
    versions.create(connection, checkfirst=True)

    def steps(revision: Any, _: object) -> Iterable[RevisionStep]:
        return scripts._upgrade_revs(target, revision)  # as Alembic's documentation has it

    def record(
        ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
    ) -> None:
        needed = history.compatible_from(str(step.up_revision_id))
        connection.execute(update(versions).values(compatible_from=needed))

    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(
            connection=connection,
            version_table=history.version_table,
            transactional_ddl=True,
            on_version_apply=record,
        )
        environment.run_migrations()
    if to is None:
        _check(connection, standing)


def _check(connection: Connection, standing: Standing) -> None:
    inspector = inspect(connection)
    present = {
        f"{table}.{column['name']}"
        for (_, table), columns in inspector.get_multi_columns().items()
        for column in columns
    }
    declared = {
        f"{table.name}.{column.name}"
        for table in standing.history.tables.sorted_tables
        for column in table.columns
    }
    lacking = ", ".join(sorted(declared - present))
    if lacking:
        raise StoreUnrecognised(
            f"The store of {standing.history.name} lacks {lacking}, which no revision adds: no release made"
            " its tables. Nothing was changed; move the store away, or bring the tables to the first revision"
            " by hand."
        )
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken is not None:
            raise StoreUnrecognised(
                f"Migrating {standing.history.name} would leave a row of {broken[0]} without the row of"
                f" {broken[2]} that it refers to. Nothing was changed."
            )
