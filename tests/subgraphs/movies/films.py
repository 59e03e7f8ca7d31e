"""Documents and steps that tests of movies share."""

from __future__ import annotations

from typing import Any

from tests.subgraphs.door import Door, staff

MANAGER = staff("movies:write", role="manager")
CREATE = """mutation ($input: CreateMovieInput!) {
  createMovie(input: $input) { movie { id title version status posterUrl } errors { code message path } } }"""
UPDATE = """mutation ($input: UpdateMovieInput!) {
  updateMovie(input: $input) {
    movie { title version genres } errors { code path ... on MovieChanged { currentVersion } } } }"""
ARCHIVE = """mutation ($input: ArchiveMovieInput!) {
  archiveMovie(input: $input) { movie { status version } errors { code } } }"""
FIND = """query ($filter: MovieFilter, $sort: MovieSort! = TITLE, $first: Int! = 20, $after: String) {
  movies(filter: $filter, sort: $sort, first: $first, after: $after) {
    totalCount nodes { title } pageInfo { hasNextPage endCursor } } }"""

NOSFERATU: dict[str, Any] = {
    "title": "Nosferatu",
    "synopsis": "A count travels only by night.",
    "runtimeMinutes": 94,
    "genres": ["Horror"],
    "certificate": "12",
    "releaseDate": "1922-03-04",
    "language": "zxx",
    "directors": ["F. W. Murnau"],
    "cast": ["Max Schreck"],
    "translations": [{"locale": "ES", "title": "Nosferatu, una sinfonía", "synopsis": "Un conde."}],
}


async def add(door: Door, **changes: Any) -> Any:
    """Create Nosferatu, with changes; returns the payload of `createMovie`."""
    return (await door.ask(CREATE, {"input": {**NOSFERATU, **changes}}, viewer=MANAGER)).only()
