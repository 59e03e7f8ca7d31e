"""The suite that binds every `DocumentRepository`.

The tests of an implementation subclass `RepositoryContract` and give it the fixture `films`: a `Films` over
an empty store, declared as `FILMS`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from marquee_subgraphs.kit.documents import (
    AnyOf,
    AtLeast,
    AtMost,
    Collection,
    DocumentRepository,
    DocumentStore,
    DuplicateDocument,
    Equal,
    Field,
    FieldKind,
    Filter,
    InvalidDocument,
    Matches,
    Missing,
    Not,
    OneOf,
    Sort,
    UnknownField,
    VersionConflict,
)
from marquee_subgraphs.kit.pagination import PageRequest

FILMS = Collection(
    name="films",
    fields=(
        Field("slug", required=True),
        Field("title", folded=True, required=True),
        Field("genres", many=True),
        Field("year", FieldKind.NUMBER),
        Field("silent", FieldKind.BOOLEAN),
        Field("facts.country"),
    ),
    text=("title", "translations.*.title", "cast"),
    unique=(("slug",),),
    indexes=(("facts.country", "year"),),
)

BODIES: dict[str, dict[str, Any]] = {
    "1": {
        "slug": "nosferatu",
        "title": "Nosferatu",
        "year": 1922,
        "genres": ["horror"],
        "silent": True,
        "facts": {"country": "DE"},
        "cast": ["Max Schreck", "Greta Schröder"],
        "translations": {"es": {"title": "Nosferatu, una sinfonía del horror"}},
    },
    "2": {
        "slug": "metropolis",
        "title": "Metrópolis",
        "year": 1927,
        "genres": ["science fiction", "drama"],
        "silent": True,
        "facts": {"country": "DE"},
        "cast": ["Brigitte Helm"],
    },
    "3": {
        "slug": "charade",
        "title": "charade",
        "year": 1963,
        "genres": ["comedy", "drama"],
        "silent": False,
        "facts": {"country": "US"},
        "translations": {"es": {"title": "Charada"}},
    },
    "4": {"slug": "un-chien-andalou", "title": "Un chien andalou", "genres": [], "silent": True},
}

BROKEN_BODIES: list[dict[str, Any]] = [
    {"title": "No slug"},
    {"slug": "s", "title": "T", "year": "1922"},
    {"slug": "s", "title": "T", "silent": 1},
    {"slug": "s", "title": "T", "genres": [1]},
    {"slug": "s", "title": ["T", "U"]},
    {"slug": "s", "title": "T", "extra": {1, 2}},
]
FILTERS: list[tuple[Filter, list[str]]] = [
    (Equal("facts.country", "DE"), ["1", "2"]),
    (Equal("year", 1927), ["2"]),
    (Equal("silent", False), ["3"]),
    (Equal("genres", "drama"), ["2", "3"]),
    (Equal("title", "METROPOLIS"), ["2"]),
    (OneOf("genres", ["horror", "comedy", "western"]), ["1", "3"]),
    (OneOf("facts.country", []), []),
    (OneOf("facts.country", ["US", "FR"]), ["3"]),
    (AtLeast("year", 1927), ["2", "3"]),
    (AtMost("year", 1926.5), ["1"]),
    (Missing("year"), ["4"]),
    (Missing("genres"), ["4"]),
    (Not(Equal("facts.country", "DE")), ["3", "4"]),
    (Not(AtLeast("year", 1927)), ["1", "4"]),
    (Not(Equal("genres", "drama")), ["1", "4"]),
    (AnyOf([Equal("year", 1922), Missing("facts.country")]), ["1", "4"]),
    (AnyOf([]), []),
    (Matches("metropolis"), ["2"]),
    (Matches("SCHRÖDER"), ["1"]),
    (Matches("schro"), ["1"]),
    (Matches("sinfonia horror"), ["1"]),
    (Matches("charada"), ["3"]),
    (Matches("rade"), []),
    (Matches("  "), ["1", "2", "3", "4"]),
    (Matches("100% _ '"), []),
]
SORTS: list[tuple[list[Sort], list[str]]] = [
    ([Sort("title")], ["3", "2", "1", "4"]),
    ([Sort("year")], ["4", "1", "2", "3"]),
    ([Sort("year", descending=True)], ["3", "2", "1", "4"]),
    ([Sort("silent", descending=True), Sort("year", descending=True)], ["2", "1", "4", "3"]),
    ([Sort("facts.country"), Sort("title", descending=True)], ["4", "1", "2", "3"]),
]


@dataclass(frozen=True, slots=True)
class Films:
    """A repository of films and the store to open units in."""

    repository: DocumentRepository
    store: DocumentStore

    async def add(self, document_id: str, body: dict[str, Any]) -> None:
        async with self.store.transaction() as unit:
            await self.repository.insert(unit, document_id, body)

    async def fill(self) -> None:
        async with self.store.transaction() as unit:
            for document_id, body in BODIES.items():
                await self.repository.insert(unit, document_id, body)

    async def ids(self, *filters: Filter, sort: Sequence[Sort] = ()) -> list[str]:
        return [found.id for found in (await self.repository.find(filters, sort=sort)).rows]

    async def leaf(self, sort: Sequence[Sort], size: int) -> list[str]:
        """The ids of the whole list, leafed through by pages of `size`."""
        seen: list[str] = []
        request = PageRequest(size)
        while True:
            page = await self.repository.find(sort=sort, page=request)
            seen += [found.id for found in page.rows]
            if not page.has_next:
                return seen
            request = PageRequest.of(size, page.cursors[-1], FILMS.key_types(sort))


class RepositoryContract:
    """What must be true of every implementation."""

    async def test_a_document_comes_back_as_it_went_in(self, films: Films) -> None:
        await films.fill()
        stored = await films.repository.get("1")

        assert stored is not None
        assert (stored.id, stored.version, stored.body) == ("1", 1, BODIES["1"])
        assert await films.repository.get("9") is None

    async def test_many_come_by_id_and_missing_ones_do_not(self, films: Films) -> None:
        await films.fill()
        found = await films.repository.get_many(["3", "9", "1", "3"])

        assert {key: stored.body["slug"] for key, stored in found.items()} == {
            "1": "nosferatu",
            "3": "charade",
        }
        assert await films.repository.get_many([]) == {}

    async def test_a_taken_id_or_unique_field_is_refused(self, films: Films) -> None:
        await films.fill()
        with pytest.raises(DuplicateDocument):
            await films.add("1", {"slug": "another", "title": "Another"})
        with pytest.raises(DuplicateDocument):
            await films.add("5", {"slug": "charade", "title": "Another"})

        async with films.store.transaction() as unit:
            with pytest.raises(DuplicateDocument):
                await films.repository.replace(unit, "1", BODIES["2"], expected_version=1)
            unit.after_commit(lambda: None)

    async def test_replacing_counts_versions_and_refuses_a_stale_one(self, films: Films) -> None:
        await films.fill()
        body = {"slug": "nosferatu", "title": "Nosferatu", "genres": ["classic"], "year": 1921}
        async with films.store.transaction() as unit:
            replaced = await films.repository.replace(unit, "1", body, expected_version=1)

        assert (replaced.version, replaced.body) == (2, body)
        assert await films.repository.get("1") == replaced
        assert await films.ids(Equal("genres", "horror")) == []
        assert await films.ids(Equal("genres", "classic")) == ["1"]
        assert await films.ids(Matches("schreck")) == []
        for document_id, version in (("1", 1), ("9", 1)):
            with pytest.raises(VersionConflict):
                async with films.store.transaction() as unit:
                    await films.repository.replace(unit, document_id, body, expected_version=version)

    async def test_of_two_that_replace_the_same_version_one_wins(self, films: Films) -> None:
        await films.fill()

        async def rename(title: str) -> None:
            async with films.store.transaction() as unit:
                body = {"slug": "charade", "title": title}
                await films.repository.replace(unit, "3", body, expected_version=1)

        outcomes = await asyncio.gather(rename("One"), rename("Two"), rename("Three"), return_exceptions=True)

        assert outcomes.count(None) == 1
        assert [type(outcome) for outcome in outcomes].count(VersionConflict) == 2

    async def test_deleting_removes_it_everywhere(self, films: Films) -> None:
        await films.fill()
        async with films.store.transaction() as unit:
            with pytest.raises(VersionConflict):
                await films.repository.delete(unit, "1", expected_version=7)
            assert await films.repository.delete(unit, "1", expected_version=1)
            assert not await films.repository.delete(unit, "1")
            assert not await films.repository.delete(unit, "9", expected_version=1)

        assert await films.repository.get("1") is None
        assert await films.ids(Equal("genres", "horror")) == []

    async def test_a_unit_that_raises_keeps_nothing(self, films: Films) -> None:
        async def fail() -> None:
            async with films.store.transaction() as unit:
                await films.repository.insert(unit, "1", BODIES["1"])
                assert await films.repository.get("1", within=unit) is not None
                raise LookupError

        with pytest.raises(LookupError):
            await fail()

        assert await films.repository.get("1") is None

    async def test_a_filter_finds_exactly_these(self, films: Films) -> None:
        await films.fill()
        for wanted, ids in FILTERS:
            assert await films.ids(wanted) == ids, wanted
            assert await films.repository.count([wanted]) == len(ids), wanted

    async def test_all_filters_must_hold(self, films: Films) -> None:
        await films.fill()
        assert await films.ids(Equal("genres", "drama"), AtLeast("year", 1950)) == ["3"]

    async def test_pages_of_any_size_tile_the_sorted_list(self, films: Films) -> None:
        await films.fill()
        for sort, ids in SORTS:
            for size in (1, 2, 3, 4):
                assert await films.leaf(sort, size) == ids, (sort, size)

    async def test_each_group_gets_its_own_first_page(self, films: Films) -> None:
        await films.fill()
        pages = await films.repository.find_each(
            "facts.country", ["DE", "US", "FR"], [Equal("silent", True)], sort=[Sort("year", True)], first=1
        )

        assert {key: [found.id for found in page.rows] for key, page in pages.items()} == {
            "DE": ["2"],
            "US": [],
            "FR": [],
        }
        assert [page.has_next for page in pages.values()] == [True, False, False]
        request = PageRequest.of(5, pages["DE"].cursors[0], FILMS.key_types([Sort("year", True)]))
        rest = await films.repository.find(
            [Equal("facts.country", "DE")], sort=[Sort("year", True)], page=request
        )
        assert [found.id for found in rest.rows] == ["1"]

    async def test_a_tally_counts_each_combination(self, films: Films) -> None:
        await films.fill()

        assert await films.repository.tally(["facts.country"]) == {("DE",): 2, ("US",): 1, (None,): 1}
        assert await films.repository.tally(
            ["facts.country", "silent"], [OneOf("facts.country", ["DE", "US"])]
        ) == {("DE", True): 2, ("US", False): 1}

    async def test_a_body_that_breaks_the_declaration_is_refused(self, films: Films) -> None:
        for body in BROKEN_BODIES:
            with pytest.raises(InvalidDocument):
                await films.add("1", body)
        assert await films.repository.count() == 0

    async def test_a_field_that_is_not_declared_cannot_be_asked_for(self, films: Films) -> None:
        with pytest.raises(UnknownField):
            await films.ids(Equal("colour", "red"))
        with pytest.raises(UnknownField):
            await films.ids(sort=[Sort("genres")])
