"""What a document repository refuses.

DocumentError
├── DuplicateDocument     the id, or a unique set of fields, is taken
├── VersionConflict       somebody else replaced it since it was read, or it is gone
├── InvalidDocument       the body breaks the collection's declaration
├── UnknownField          a filter or sort names a field that is not declared: a bug of the caller
├── DocumentsElsewhere    they are in MongoDB, and the settings name none
└── DocumentsUnavailable  the store cannot be reached; nothing that was committed is lost
"""

from __future__ import annotations

from marquee_foundation.errors import MarqueeError
from marquee_subgraphs.kit.database import StoreUnusable
from marquee_subgraphs.kit.faults import TemporarilyUnavailable


class DocumentError(MarqueeError):
    """What a document repository refuses."""

    code = "DOCUMENT_ERROR"


class DuplicateDocument(DocumentError):
    """The id, or a unique set of fields, is taken."""

    code = "DUPLICATE_DOCUMENT"


class VersionConflict(DocumentError):
    """Another writer replaced the document since it was read, or it is gone."""

    code = "VERSION_CONFLICT"


class InvalidDocument(DocumentError):
    """The body breaks the collection's declaration."""

    code = "INVALID_DOCUMENT"


class UnknownField(DocumentError):
    """A filter or sort names a field that is not declared."""

    code = "UNKNOWN_FIELD"


class DocumentsUnavailable(DocumentError, TemporarilyUnavailable):
    """The store of the documents cannot be reached, or does not answer in time."""

    code = "DOCUMENTS_UNAVAILABLE"


class DocumentsElsewhere(DocumentError, StoreUnusable):
    """The documents are in MongoDB, and the settings name none; the message says what to do."""

    code = "DOCUMENTS_ELSEWHERE"
