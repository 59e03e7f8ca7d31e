"""`Documents`: finds the text of an operation: in the request, by its hash (APQ), or in the trusted
documents.

Owns which texts may run. Must never keep more text than its bounds, nor take a client's word for a hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from marquee_foundation.lru import LeastRecentlyUsed
from marquee_router.config.model import PersistedQueries, TrustedDocuments
from marquee_router.errors import PersistedQueryNotFound, RequestError, RouterMisconfigured
from marquee_router.request import GraphQLRequest, RequestContext

MAXIMUM_PERSISTED_BYTES = 32 * 1024 * 1024


class PersistedQueryRefused(RequestError):
    """The `persistedQuery` extension is malformed, or its hash is not that of the document."""

    code = "PERSISTED_QUERY_HASH_MISMATCH"


class PersistedQueryNotSupported(RequestError):
    """Automatic persisted queries are switched off."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"


class DocumentNotTrusted(RequestError):
    """The operation is not one of the trusted documents, and only those may run."""

    code = "DOCUMENT_NOT_TRUSTED"
    default_status = 403


class Documents:
    """Implements `DocumentSource`."""

    def __init__(self, persisted: PersistedQueries, trusted: TrustedDocuments) -> None:
        self._persisted = persisted
        self._cache: LeastRecentlyUsed[str, str] = LeastRecentlyUsed(
            persisted.capacity, MAXIMUM_PERSISTED_BYTES
        )
        self._trusted = read_trusted(Path(trusted.file)) if trusted.file is not None else {}
        self._only_trusted = trusted.required
        self._trusted_texts = frozenset(self._trusted.values())
        if trusted.required and not self._trusted:
            raise RouterMisconfigured("trusted_documents.required needs a file with documents")

    def renewed(self, trusted: TrustedDocuments) -> Documents:
        """Return the documents of the next generation: trusted ones are read again, persisted ones are
        kept."""
        documents = Documents(self._persisted, trusted)
        documents._cache = self._cache.copy()
        return documents

    async def text_of(self, request: GraphQLRequest, context: RequestContext) -> str:
        """Return the document to run; raises `RequestError` if there is none, or it may not run."""
        text = request.query
        # The usual request has its document, and nothing to look up.
        if text is not None and not self._only_trusted and not request.extensions:
            return text
        return self._resolve(text, request.extensions)

    def _resolve(self, text: str | None, extensions: Mapping[str, Any]) -> str:
        document_id = extensions.get("documentId")
        digest = _digest_of(extensions)
        named = document_id if isinstance(document_id, str) else digest
        if text is None and named is not None:
            trusted = self._trusted.get(named.removeprefix("sha256:"))
            if trusted is not None:
                return trusted
        if self._only_trusted:
            if text is None or text not in self._trusted_texts:
                raise DocumentNotTrusted("This operation is not among the trusted documents")
            return text
        if digest is not None:
            return self._by_digest(text, digest)
        if text is None:
            raise PersistedQueryNotFound("The document is not known here")
        return text

    def _by_digest(self, text: str | None, digest: str) -> str:
        if not self._persisted.enabled:
            if text is None:
                raise PersistedQueryNotSupported("PersistedQueryNotSupported")
            return text
        if text is None:
            known = self._cache.get(digest)
            if known is None:
                raise PersistedQueryNotFound("PersistedQueryNotFound")
            return known
        # Without this check a client could store any document under the hash of another.
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            raise PersistedQueryRefused("The document does not have the given hash")
        self._cache.put(digest, text, len(text))
        return text


def _digest_of(extensions: Mapping[str, Any]) -> str | None:
    persisted = extensions.get("persistedQuery")
    if not isinstance(persisted, Mapping):
        return None
    digest = persisted.get("sha256Hash")
    if persisted.get("version") != 1 or not isinstance(digest, str) or len(digest) != 64:
        raise PersistedQueryRefused("`persistedQuery` needs `version: 1` and a `sha256Hash`")
    return digest.lower()


def read_trusted(file: Path) -> dict[str, str]:
    """Read `{"<id>": "<document>"}`, or a manifest with `operations: [{id, body}]`; raises
    `RouterMisconfigured`."""
    try:
        content = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise RouterMisconfigured(f"{file}: cannot be read as trusted documents: {error}") from None
    if isinstance(content, dict) and isinstance(content.get("operations"), list):
        content = {entry.get("id"): entry.get("body") for entry in content["operations"]}
    if not isinstance(content, dict) or not all(
        isinstance(key, str) and isinstance(text, str) for key, text in content.items()
    ):
        raise RouterMisconfigured(f"{file}: must map document ids to documents")
    return {key.removeprefix("sha256:"): text for key, text in content.items()}
