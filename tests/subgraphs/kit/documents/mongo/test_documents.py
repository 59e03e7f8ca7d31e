"""Documents stay whole when the settings put them elsewhere, and tell how MongoDB does."""

from __future__ import annotations

from pathlib import Path

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.documents import (
    DocumentsUnavailable,
    DuplicateDocument,
    SqlDocumentRepository,
    StoredDocument,
    open_documents,
)
from marquee_subgraphs.kit.documents.errors import DocumentsElsewhere
from marquee_subgraphs.kit.documents.mongo.documents import MongoDocuments
from marquee_subgraphs.kit.settings import load_settings
from tests.subgraphs.kit.documents.contract import BODIES
from tests.subgraphs.kit.documents.mongo.conftest import METADATA, TABLES
from tests.subgraphs.mongo import Mongo, free_port


async def test_documents_move_from_sql_with_their_versions(store_url: str, mongo: Mongo) -> None:
    async with await Database.open(store_url, METADATA, kit_tables=False) as database:
        before = SqlDocumentRepository(database, TABLES)
        async with database.transaction() as unit:
            for id_, body in BODIES.items():
                await before.insert(unit, id_, body)
            await before.replace(unit, "1", BODIES["1"], expected_version=1)

        opened = await MongoDocuments.open(mongo.url, mongo.database, database, [TABLES], FrozenClock())
        async with opened as documents:
            films = documents.repository(TABLES)
            assert await films.get("1") == StoredDocument("1", 2, BODIES["1"])
            await documents.journal.apply()
            assert [each.id for each in (await films.find()).rows] == ["1", "2", "3", "4"]
            with pytest.raises(DuplicateDocument):
                async with database.transaction() as unit:
                    await films.insert(unit, "5", BODIES["2"])
        assert await before.count() == 0

        with pytest.raises(DocumentsElsewhere, match="MARQUEE_MONGO_URL"):
            await open_documents(load_settings({}), FrozenClock(), "films", database, [TABLES])


async def test_readiness_asks_mongodb(tmp_path: Path, mongo: Mongo) -> None:
    nobody = Mongo(f"mongodb://127.0.0.1:{free_port()}", "marquee_test")
    async with await Database.open(f"sqlite:///{tmp_path}/s.sqlite", METADATA, kit_tables=False) as database:
        for at, answers in ((mongo, True), (nobody, False)):
            settings = load_settings({"MARQUEE_MONGO_URL": at.url})
            async with await open_documents(
                settings, FrozenClock(), at.database, database, [TABLES]
            ) as documents:
                if answers:
                    await documents.checks["documents"]()
                else:
                    with pytest.raises(DocumentsUnavailable):
                        await documents.checks["documents"]()
