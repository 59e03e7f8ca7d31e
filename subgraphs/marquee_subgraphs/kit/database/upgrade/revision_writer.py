"""Writes a new revision: the difference between what the tables declare and what the revisions make.

For developers; needs no server. Must never write anything but the one file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent, indent
from typing import Any, Final, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Dialect, create_engine, make_url, text
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

from marquee_subgraphs.kit.database.types import AutoIncrement, ExactDecimal, Json, UtcDateTime
from marquee_subgraphs.kit.database.upgrade.history import History
from marquee_subgraphs.kit.database.upgrade.runner import upgrade
from marquee_subgraphs.kit.database.upgrade.standing import Standing

_DIALECTS: Final[Mapping[str, Dialect]] = {
    f"{name}_where": make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql")
}
_PLAIN: Final = {"literal_binds": True, "include_table": False}
_FRAME: Final = '''\
"""{title}."""

from __future__ import annotations

{imports}

revision = "{revision}"
down_revision = {before}
compatible_from = "{compatible_from}"


def upgrade() -> None:
    """{title}."""
{body}
'''


def _identity(item: TypeEngine[Any]) -> tuple[object, ...]:
    return (type(item), *(str(item.compile(dialect=dialect)) for dialect in _DIALECTS.values()))


_NAMED_TYPES: Final = {
    _identity(AutoIncrement): "AutoIncrement",
    _identity(Json): "Json",
    _identity(UtcDateTime()): "UtcDateTime",
    _identity(ExactDecimal()): "ExactDecimal",
}


class NothingChanged(Exception):
    """The revisions already make what the tables declare."""


def write_revision(history: History, title: str) -> Path:
    """Write the next revision of `history` and return its file, which must be read before it is kept.

    Raises `NothingChanged`.
    """
    revisions = history.revisions()
    before = max(revisions, default=None)
    operations = _difference(history)
    if operations.is_empty():
        raise NothingChanged(f"The revisions of {history.name} make what its tables declare.")
    revision = f"{int(before or 0) + 1:04}"
    keeps = before is not None and all(_is_additive(each) for each in _flat(operations))
    title = title[:1].upper() + title[1:].rstrip(".")
    source = _render(
        operations,
        title=title,
        revision=revision,
        before=f'"{before}"' if before else "None",
        compatible_from=history.compatible_from(before) if before and keeps else revision,
    )
    name = re.sub(r"\W+", "_", title.lower()).strip("_")
    path = history.folder / f"{revision}_{name}.py"
    path.write_text(source, encoding="utf-8")
    return path


def compare_options(history: History) -> dict[str, Any]:
    """Return the options by which Alembic compares a store with the history's tables and nothing else."""

    def is_ours(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or name in history.tables.tables

    return {
        "include_name": is_ours,
        "version_table": history.version_table,
        "target_metadata": history.tables,
    }


def _difference(history: History) -> ops.UpgradeOps:
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            if history.revisions():
                connection.execute(text("SELECT 1"))
                upgrade(connection, Standing(history, None, False), to=history.head())
            return _compare(connection, history)
    finally:
        engine.dispose()


def _compare(connection: Connection, history: History) -> ops.UpgradeOps:
    context = MigrationContext.configure(connection, opts=compare_options(history))
    found = produce_migrations(context, history.tables).upgrade_ops
    assert found is not None
    for operation in _flat(found):
        if isinstance(operation, ops.CreateTableOp | ops.CreateIndexOp):
            operation.if_not_exists = True
        if isinstance(operation, ops.CreateIndexOp):
            operation.kw.update(_spelt_out(operation))
    return ops.UpgradeOps(list(_without_needless_batches(found)))


def _without_needless_batches(found: ops.UpgradeOps) -> Iterator[ops.MigrateOperation]:
    """Leave out table copies for indexes: Alembic copies a SQLite table for every change, an index needs
    none.
    """
    for operation in found.ops:
        if isinstance(operation, ops.ModifyTableOps) and all(
            isinstance(each, ops.CreateIndexOp) for each in operation.ops
        ):
            yield from operation.ops
        else:
            yield operation


def _spelt_out(operation: ops.CreateIndexOp) -> dict[str, Any]:
    """Return the conditions of a partial index in the words of each dialect: TRUE is 1 on SQLite."""
    return {
        key: text(str(condition.compile(dialect=_DIALECTS[key], compile_kwargs=_PLAIN)))
        for key, condition in operation.kw.items()
        if key in _DIALECTS and isinstance(condition, ClauseElement)
    }


def _flat(container: ops.OpContainer) -> Iterator[ops.MigrateOperation]:
    for operation in container.ops:
        if isinstance(operation, ops.OpContainer):
            yield from _flat(operation)
        else:
            yield operation


def _is_additive(operation: ops.MigrateOperation) -> bool:
    """Return True if older code, which does not know the change, goes on working."""
    match operation:
        case ops.CreateTableOp():
            return True
        case ops.CreateIndexOp():
            return not operation.unique
        case ops.AddColumnOp():
            return bool(operation.column.nullable) or operation.column.server_default is not None
        case _:
            return False


def _render(operations: ops.UpgradeOps, **fields: str) -> str:
    named: set[str] = set()

    def render_item(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
        name = _NAMED_TYPES.get(_identity(item)) if kind == "type" else None
        if name is None:
            return False
        named.add(name)
        return name

    body = "    " + render_python_code(operations, render_as_batch=True, render_item=render_item)
    lines = [line for line in dedent(body).splitlines() if not line.startswith("# ###")]
    code = "\n".join(lines).strip().replace(", )", ")")
    return _FRAME.format(body=indent(code, "    "), imports=_imports(code, sorted(named)), **fields)


def _imports(code: str, named: Sequence[str]) -> str:
    lines = ["import sqlalchemy as sa"] if "sa." in code else []
    lines.append("from alembic import op")
    if "postgresql." in code:
        lines.append("from sqlalchemy.dialects import postgresql")
    if named:
        lines += ["", f"from marquee_subgraphs.kit.database import {', '.join(named)}"]
    return "\n".join(lines)
