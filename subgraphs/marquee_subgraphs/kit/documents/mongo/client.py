"""`MongoClient`: the only module that knows the driver, `motor`, whose successor is PyMongo's asyncio client.

Every call has a deadline. Must never be called inside a transaction, which would wait as long.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Final

import pymongo
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import IndexModel, ReplaceOne
from pymongo.errors import BulkWriteError, ConnectionFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from marquee_subgraphs.kit.documents.errors import DocumentsUnavailable
from marquee_subgraphs.kit.documents.mongo.form import Document, IndexKeys

_LOGGER = logging.getLogger(__name__)
_REACH_MILLISECONDS: Final = 1_500
_ANSWER_MILLISECONDS: Final = 3_000
_WRITE_SECONDS: Final = 5.0
_INDEX_SECONDS: Final = 1_800.0
_CONNECTIONS: Final = 20
_DUPLICATE_KEY: Final = 11000


class MongoClient:
    """One database on a MongoDB server, replica set or cluster. Needs no transactions."""

    def __init__(self, url: str, database: str) -> None:
        """Create the client; it connects at the first call."""
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url,
            serverSelectionTimeoutMS=_REACH_MILLISECONDS,
            connectTimeoutMS=_REACH_MILLISECONDS,
            timeoutMS=_ANSWER_MILLISECONDS,
            maxPoolSize=_CONNECTIONS,
            retryWrites=True,
            retryReads=True,
            # After an acknowledgement SQL forgets the body, so a write counts only when a majority has it:
            # otherwise it could be lost with the server's process, or with a primary that is replaced.
            w="majority",
            journal=True,
            readPreference="primary",
            appname=f"marquee {database}",
        )
        self._database = self._client[database]

    async def ping(self) -> None:
        """Return when the server answers. Raises `DocumentsUnavailable`."""
        async with _reaching():
            await self._database.command("ping")

    async def ensure_indexes(self, collection: str, indexes: Sequence[IndexKeys]) -> None:
        """Create the indexes that are missing."""
        if indexes:
            async with _reaching(_INDEX_SECONDS):
                await self._database[collection].create_indexes([IndexModel(list(keys)) for keys in indexes])

    async def find(
        self,
        collection: str,
        condition: Document,
        *,
        fields: Sequence[str],
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
    ) -> list[Document]:
        """Return the documents that the condition holds for: `_id` and these fields of each."""
        async with _reaching():
            cursor = self._database[collection].find(
                condition, projection=list(fields), sort=list(sort) or None, limit=limit
            )
            return list(await cursor.to_list(None))

    async def aggregate(self, collection: str, pipeline: Sequence[Document]) -> list[Document]:
        """Return the results of the pipeline."""
        async with _reaching():
            return list(await self._database[collection].aggregate(list(pipeline)).to_list(None))

    async def count(self, collection: str, condition: Document) -> int:
        """Return how many documents the condition holds for."""
        async with _reaching():
            return int(await self._database[collection].count_documents(condition))

    async def put(self, collection: str, forms: Sequence[Document]) -> set[str]:
        """Write each form unless MongoDB has a newer revision of its document; return the ids that it now
        has.

        Late and repeated writes do no harm: revision 3 of a film that arrives after revision 4 changes
        nothing, and its id is returned. The ids are on a majority of the servers. An id may be missing when
        another writer came in between; write it again.
        """
        async with _reaching(_WRITE_SECONDS):
            failed = await self._insert(collection, forms)
            arrived = {form["_id"] for index, form in enumerate(forms) if index not in failed}
            known = [forms[index] for index, code in failed.items() if code == _DUPLICATE_KEY]
            return arrived | await self._replace_older(collection, known) if known else arrived

    async def _insert(self, collection: str, forms: Sequence[Document]) -> dict[int, int]:
        """Insert the forms; return the error code of each that was not inserted, by its index."""
        try:
            await self._database[collection].insert_many(list(forms), ordered=False)
        except BulkWriteError as error:
            _refuse_doubt(error)
            failed: Sequence[Document] = error.details["writeErrors"]
            for each in failed:
                if each["code"] != _DUPLICATE_KEY:
                    _LOGGER.error("%s refuses a document: %s", collection, each["errmsg"])
            return {each["index"]: each["code"] for each in failed}
        return {}

    async def _replace_older(self, collection: str, forms: Sequence[Document]) -> set[str]:
        """Replace the documents that are there in an older revision; return the ids of all that are not older
        now.
        """
        replacements = [
            ReplaceOne(
                {"_id": form["_id"], "revision": {"$lt": form["revision"]}},
                {key: value for key, value in form.items() if key != "_id"},
            )
            for form in forms
        ]
        try:
            result = await self._database[collection].bulk_write(replacements, ordered=False)
        except BulkWriteError as error:
            _refuse_doubt(error)
            raise
        if result.matched_count == len(forms):
            return {form["_id"] for form in forms}
        # Read by the majority: a primary that is about to be replaced may still show writes that will be
        # undone.
        settled = self._database.get_collection(collection, read_concern=ReadConcern("majority"))
        ids = [form["_id"] for form in forms]
        found = await settled.find({"_id": {"$in": ids}}, projection=["revision"]).to_list(None)
        revisions = {each["_id"]: each["revision"] for each in found}
        return {form["_id"] for form in forms if revisions.get(form["_id"], 0) >= form["revision"]}

    async def remove(self, collection: str, document_id: str, revision: int) -> None:
        """Remove what is left of a document that was deleted at `revision`."""
        async with _reaching():
            left = {"_id": document_id, "revision": revision, "version": None}
            await self._database[collection].delete_one(left)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()


def _refuse_doubt(error: BulkWriteError) -> None:
    """Raise when the servers could not confirm that a majority has the write."""
    if error.details.get("writeConcernErrors"):
        raise DocumentsUnavailable("MongoDB did not confirm a write") from error


@asynccontextmanager
async def _reaching(seconds: float | None = None) -> AsyncIterator[None]:
    """Turn the driver's connection errors and time-outs into `DocumentsUnavailable`; other errors are bugs.

    All calls together must end within `seconds`; without it each has the client's own limit.
    """
    try:
        with nullcontext() if seconds is None else pymongo.timeout(seconds):
            yield
    except PyMongoError as error:
        if isinstance(error, ConnectionFailure) or error.timeout:
            raise DocumentsUnavailable(f"MongoDB does not answer: {error}") from error
        raise
