"""The store of movies: the only code that reads and writes documents, and the cache before it."""

from __future__ import annotations

from marquee_subgraphs.movies.store.cached_movies import (
    COUNT_CODEC,
    MOVIE_CODEC,
    PAGE_CODEC,
    CachedMovieStore,
)
from marquee_subgraphs.movies.store.movies import MovieStore

__all__ = ["COUNT_CODEC", "MOVIE_CODEC", "PAGE_CODEC", "CachedMovieStore", "MovieStore"]
