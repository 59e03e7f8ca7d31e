"""The collections of reviews and their tables in the SQL store. Runs no query."""

from __future__ import annotations

from typing import Final

from sqlalchemy import MetaData

from marquee_subgraphs.kit.documents import Collection, DocumentTables, Field, FieldKind, document_tables

REVIEWS: Final = Collection(
    name="reviews",
    fields=(
        Field("movie_id", required=True),
        Field("user_id", required=True),
        Field("rating", FieldKind.NUMBER, required=True),
        Field("status", required=True),
        Field("verified", FieldKind.BOOLEAN, required=True),
        Field("helpful", FieldKind.NUMBER, required=True),
        Field("created_at", required=True),
    ),
    unique=(("movie_id", "user_id"),),
    indexes=(("movie_id", "status", "created_at"), ("user_id", "created_at"), ("status", "created_at")),
)
VOTES: Final = Collection(name="votes", fields=(Field("user_id", required=True),), indexes=(("user_id",),))
ATTENDANCES: Final = Collection(
    name="attendances", fields=(Field("user_id", required=True),), indexes=(("user_id",),)
)
FILMS: Final = Collection(name="films")

TABLES: Final = MetaData()
REVIEW_TABLES: Final = document_tables(TABLES, REVIEWS)
VOTE_TABLES: Final = document_tables(TABLES, VOTES)
ATTENDANCE_TABLES: Final = document_tables(TABLES, ATTENDANCES)
FILM_TABLES: Final = document_tables(TABLES, FILMS)
ALL_TABLES: Final[tuple[DocumentTables, ...]] = (REVIEW_TABLES, VOTE_TABLES, ATTENDANCE_TABLES, FILM_TABLES)
