"""`DocumentRepository`: the contract of a collection, whatever the store. One test suite binds every
store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from marquee_subgraphs.kit.database import UnitOfWork
from marquee_subgraphs.kit.documents.collection import (
    Collection,
    Scalar,
    Sort,
)
from marquee_subgraphs.kit.documents.query import (
    Filter,
)
from marquee_subgraphs.kit.pagination import Page, PageRequest


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as it was read. `version` counts its writes from 1; `body` is JSON and must not be
    changed.
    """

    id: str
    version: int
    body: Mapping[str, Any]


class DocumentStore(Protocol):
    """A store that keeps documents and the events about them together, as `Database` does."""

    def transaction(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a unit of writes that commit together when the block ends, and roll back when it raises."""
        ...


class DocumentRepository(Protocol):
    """One collection of documents.

    Writes take a `unit` of `DocumentStore.transaction()`, which the outbox joins too. Reads see what is
    committed and, given `within`, also what that unit wrote.
    """

    @property
    def collection(self) -> Collection:
        """The declared collection."""
        ...

    async def get(self, document_id: str, *, within: UnitOfWork | None = None) -> StoredDocument | None:
        """Return the document, or None."""
        ...

    async def get_many(
        self, ids: Sequence[str], *, within: UnitOfWork | None = None
    ) -> dict[str, StoredDocument]:
        """Return the documents that exist, by id, in one request to the store."""
        ...

    async def find(
        self,
        filters: Sequence[Filter] = (),
        *,
        sort: Sequence[Sort] = (),
        page: PageRequest | None = None,
        within: UnitOfWork | None = None,
    ) -> Page[StoredDocument]:
        """Return a page of the documents for which all `filters` hold; without `page` the first 20."""
        ...

    async def find_each(
        self,
        field: str,
        values: Sequence[Scalar],
        filters: Sequence[Filter] = (),
        *,
        sort: Sequence[Sort] = (),
        first: int = 20,
    ) -> dict[Scalar, Page[StoredDocument]]:
        """Return the first page for each of `values` of a single-valued `field`, in one request to the
        store.
        """
        ...

    async def count(self, filters: Sequence[Filter] = ()) -> int:
        """Return how many documents the filters hold for."""
        ...

    async def tally(
        self, by: Sequence[str], filters: Sequence[Filter] = ()
    ) -> dict[tuple[Scalar | None, ...], int]:
        """Return how many documents there are of each combination of the single-valued fields `by`."""
        ...

    async def insert(self, unit: UnitOfWork, document_id: str, body: Mapping[str, Any]) -> StoredDocument:
        """Add a document at version 1. Raises `DuplicateDocument` or `InvalidDocument`."""
        ...

    async def replace(
        self, unit: UnitOfWork, document_id: str, body: Mapping[str, Any], *, expected_version: int
    ) -> StoredDocument:
        """Replace the whole body. Raises `VersionConflict` unless the stored version is
        `expected_version`.
        """
        ...

    async def delete(
        self, unit: UnitOfWork, document_id: str, *, expected_version: int | None = None
    ) -> bool:
        """Delete a document; return False when there was none.

        Raises `VersionConflict` when a version is expected and the stored one differs.
        """
        ...
