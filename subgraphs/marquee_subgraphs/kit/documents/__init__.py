"""Documents (movies, reviews): JSON bodies in collections with declared fields, behind one repository
contract.

One implementation serves SQLite and PostgreSQL, another MongoDB. Must never show a store's language to its
callers.
"""

from marquee_subgraphs.kit.documents.collection import (
    Collection,
    Field,
    FieldKind,
    Sort,
)
from marquee_subgraphs.kit.documents.errors import (
    DocumentError,
    DocumentsUnavailable,
    DuplicateDocument,
    InvalidDocument,
    UnknownField,
    VersionConflict,
)
from marquee_subgraphs.kit.documents.opening import Documents, open_documents
from marquee_subgraphs.kit.documents.query import (
    AnyOf,
    AtLeast,
    AtMost,
    Equal,
    Filter,
    Matches,
    Missing,
    Not,
    OneOf,
)
from marquee_subgraphs.kit.documents.repository import DocumentRepository, DocumentStore, StoredDocument
from marquee_subgraphs.kit.documents.sql import SqlDocumentRepository
from marquee_subgraphs.kit.documents.sql_tables import DocumentTables, document_tables
from marquee_subgraphs.kit.documents.text import fold

__all__ = [
    "AnyOf",
    "AtLeast",
    "AtMost",
    "Collection",
    "DocumentError",
    "DocumentRepository",
    "DocumentStore",
    "DocumentTables",
    "Documents",
    "DocumentsUnavailable",
    "DuplicateDocument",
    "Equal",
    "Field",
    "FieldKind",
    "Filter",
    "InvalidDocument",
    "Matches",
    "Missing",
    "Not",
    "OneOf",
    "Sort",
    "SqlDocumentRepository",
    "StoredDocument",
    "UnknownField",
    "VersionConflict",
    "document_tables",
    "fold",
    "open_documents",
]
