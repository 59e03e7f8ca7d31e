"""The collection of movies and its tables in the SQL store. Runs no query."""

from __future__ import annotations

from typing import Final

from sqlalchemy import MetaData

from marquee_subgraphs.kit.documents import Collection, Field, FieldKind, document_tables

MOVIES: Final = Collection(
    name="movies",
    fields=(
        Field("title", folded=True, required=True),
        Field("release_date", required=True),
        Field("runtime_minutes", FieldKind.NUMBER, required=True),
        Field("language", required=True),
        Field("status", required=True),
        Field("genres", many=True, folded=True),
    ),
    text=("title", "original_title", "translations.title", "directors", "cast"),
    indexes=(("status", "title"), ("status", "release_date")),
)
TABLES: Final = MetaData()
MOVIE_TABLES: Final = document_tables(TABLES, MOVIES)
