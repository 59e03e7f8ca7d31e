"""`History`: the tables of one owner, and the numbered Alembic revisions that led to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, MetaData, String, Table

_REVISION_FILE = re.compile(r"(\d{4})_\w+\.py")
_COMPATIBLE_FROM = re.compile(r'^compatible_from = "(\d{4})"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class History:
    """The tables of one owner, as of the newest file `NNNN_what_it_does.py` in `folder`.

    Numbers have no gaps and no branches, so that they compare as text: a greater one is newer.
    """

    name: str
    tables: MetaData
    folder: Path
    version_table: str = "alembic_version"

    def revisions(self) -> dict[str, Path]:
        """Return the file of each revision, oldest first."""
        found = ((_REVISION_FILE.fullmatch(path.name), path) for path in self.folder.iterdir())
        return dict(sorted((match[1], path) for match, path in found if match))

    def head(self) -> str:
        """Return the newest revision that this code knows. Raises `LookupError` when there is none."""
        revisions = self.revisions()
        if not revisions:
            raise LookupError(f"{self.folder} holds no revision of {self.name}")
        return max(revisions)

    def compatible_from(self, revision: str) -> str:
        """Return the oldest code, named by its newest revision, that works on a store at `revision`.

        The file says so in `compatible_from = "0001"`. Raises `LookupError` when it does not.
        """
        path = self.revisions()[revision]
        found = _COMPATIBLE_FROM.search(path.read_text(encoding="utf-8"))
        if found is None:
            raise LookupError(f'{path} does not say compatible_from = "NNNN"')
        return found[1]

    def versions(self) -> Table:
        """Return the table in which a store records its revision and the code that the revision needs."""
        return Table(
            self.version_table,
            MetaData(),
            Column("version_num", String(32), primary_key=True),
            Column("compatible_from", String(32)),
        )
