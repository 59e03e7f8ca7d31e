"""Where a document's text comes from: APQ by hash, trusted documents by file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from marquee_router.config.model import PersistedQueries, TrustedDocuments
from marquee_router.errors import PersistedQueryNotFound, RequestError, RouterMisconfigured
from marquee_router.request import GraphQLRequest, RequestContext
from marquee_router.security.persisted_documents import DocumentNotTrusted, Documents

TEXT = "{ hello }"
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()


def documents(capacity: int = 10, *, enabled: bool = True, **trusted: Any) -> Documents:
    """A source of documents."""
    return Documents(PersistedQueries(enabled=enabled, capacity=capacity), TrustedDocuments(**trusted))


def asking(query: str | None, digest: str | None = None, **extensions: Any) -> GraphQLRequest:
    """A request."""
    if digest is not None:
        extensions["persistedQuery"] = {"version": 1, "sha256Hash": digest}
    return GraphQLRequest(query, extensions=extensions)


async def text_of(source: Documents, request: GraphQLRequest) -> str:
    """What would run."""
    return await source.text_of(request, RequestContext({}))


def trusted_file(folder: Path, content: Any) -> str:
    """A file of trusted documents."""
    file = folder / "documents.json"
    file.write_text(json.dumps(content))
    return str(file)


async def test_a_text_is_taken_as_it_is() -> None:
    assert await text_of(documents(), asking(TEXT)) == TEXT
    assert await text_of(documents(), asking(TEXT, trace=True)) == TEXT


async def test_a_hash_is_unknown_until_its_text_was_sent() -> None:
    source = documents()
    with pytest.raises(PersistedQueryNotFound) as caught:
        await text_of(source, asking(None, DIGEST))
    assert caught.value.message == "PersistedQueryNotFound"
    assert await text_of(source, asking(TEXT, DIGEST)) == TEXT
    assert await text_of(source, asking(None, DIGEST)) == TEXT


async def test_a_wrong_hash_is_refused_and_not_remembered() -> None:
    source = documents()
    with pytest.raises(RequestError) as caught:
        await text_of(source, asking("{ other }", DIGEST))
    assert caught.value.code == "PERSISTED_QUERY_HASH_MISMATCH"
    with pytest.raises(PersistedQueryNotFound):
        await text_of(source, asking(None, DIGEST))


@pytest.mark.parametrize(
    "extension", [{"version": 2, "sha256Hash": DIGEST}, {"version": 1}, {"sha256Hash": 5}]
)
async def test_a_malformed_extension_is_refused(extension: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        await text_of(documents(), GraphQLRequest(None, extensions={"persistedQuery": extension}))


async def test_the_least_recently_used_is_forgotten() -> None:
    source = documents(capacity=2)
    digests = {}
    for text in ("{ a }", "{ b }"):
        digests[text] = hashlib.sha256(text.encode()).hexdigest()
        await text_of(source, asking(text, digests[text]))
    await text_of(source, asking(None, digests["{ a }"]))
    await text_of(source, asking(TEXT, DIGEST))
    assert await text_of(source, asking(None, digests["{ a }"])) == "{ a }"
    with pytest.raises(PersistedQueryNotFound):
        await text_of(source, asking(None, digests["{ b }"]))


async def test_switched_off_a_hash_alone_is_not_supported() -> None:
    source = documents(enabled=False)
    with pytest.raises(RequestError) as caught:
        await text_of(source, asking(None, DIGEST))
    assert caught.value.code == "PERSISTED_QUERY_NOT_SUPPORTED"


@pytest.mark.parametrize(
    "content", [{DIGEST: TEXT}, {f"sha256:{DIGEST}": TEXT}, {"operations": [{"id": DIGEST, "body": TEXT}]}]
)
async def test_a_trusted_document_is_found_by_its_id(tmp_path: Path, content: Any) -> None:
    source = documents(file=trusted_file(tmp_path, content))
    assert await text_of(source, asking(None, documentId=DIGEST)) == TEXT
    assert await text_of(source, asking(None, documentId=f"sha256:{DIGEST}")) == TEXT
    assert await text_of(source, asking(None, DIGEST)) == TEXT
    assert await text_of(source, asking("{ other }")) == "{ other }"


async def test_where_trust_is_required_nothing_else_runs(tmp_path: Path) -> None:
    source = documents(file=trusted_file(tmp_path, {DIGEST: TEXT}), required=True)
    assert await text_of(source, asking(None, documentId=DIGEST)) == TEXT
    assert await text_of(source, asking(TEXT)) == TEXT
    other = hashlib.sha256(b"{ other }").hexdigest()
    for request in (
        asking("{ other }"),
        asking("{ other }", other),
        asking(None, other),
        asking(None, documentId="x"),
    ):
        with pytest.raises(DocumentNotTrusted):
            await text_of(source, request)


@pytest.mark.parametrize("content", [[], {"a": 1}, {"operations": [{"id": 1, "body": "x"}]}])
def test_a_malformed_file_is_found_at_start(tmp_path: Path, content: Any) -> None:
    with pytest.raises(RouterMisconfigured):
        documents(file=trusted_file(tmp_path, content))


def test_requiring_trust_without_documents_is_found_at_start() -> None:
    with pytest.raises(RouterMisconfigured):
        documents(required=True)
