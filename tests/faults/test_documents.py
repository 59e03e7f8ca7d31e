"""MongoDB dies while films are edited and reviews written: nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from deploy.local import LocalStack
from tests.eventually import eventually
from tests.faults.books import Books, caught_up
from tests.faults.buying import Crowd
from tests.faults.patient import Patient
from tests.marquee.running import Client

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="session")]
EDITS = 20
WAIT_SECONDS = 20.0


@dataclass(slots=True)
class Written:
    """What writers got as written."""

    synopsis: str = ""
    edits: int = 0
    reviews: dict[tuple[str, str], str] = field(default_factory=dict)
    """The title by author's address and film."""
    halfway: asyncio.Event = field(default_factory=asyncio.Event)


async def edit(manager: Patient, film_id: str, written: Written) -> None:
    """Change a film again and again."""
    for number in range(EDITS):
        synopsis = f"Cut number {number}, as the director wanted it."
        payload = await manager.do("updateMovie", "movie { id version }", movieId=film_id, synopsis=synopsis)
        assert payload["errors"] == [], payload
        written.synopsis, written.edits = synopsis, number + 1
        if written.edits == EDITS // 2:
            written.halfway.set()


async def review(author: Patient, email: str, film_ids: list[str], written: Written) -> None:
    """Review films; an answer may get lost, and then the second attempt says that there is one."""
    for film_id in film_ids:
        title = f"{email} on {film_id}"
        payload = await author.do(
            "createReview", "review { id }", movieId=film_id, rating=4, title=title, body="Seen twice."
        )
        assert {error["code"] for error in payload["errors"]} <= {"REVIEW_EXISTS"}, payload
        written.reviews[email, film_id] = title
        await written.halfway.wait()


async def test_mongodb_dies_while_documents_are_written(
    stack: LocalStack, crowd: Crowd, guest: Client
) -> None:
    films = (await guest.get("{ movies(first: 4) { nodes { id } } }"))["movies"]["nodes"]
    edited, *reviewed = [film["id"] for film in films]
    manager = Patient(await guest.log_in("manager@marquee.test"), troubles=crowd.troubles)
    written = Written()
    server = stack.process("mongo")
    async with asyncio.TaskGroup() as group:
        group.create_task(edit(manager, edited, written))
        for author, email in crowd.members:
            group.create_task(review(author, email, reviewed, written))
        await written.halfway.wait()
        await server.kill()
        title = (await guest.get("query ($id: ID!) { movie(id: $id) { title } }", id=edited))["movie"]
        assert title, "what was just changed is still read"
        await server.start()
    assert set(crowd.troubles) <= {"TEMPORARILY_UNAVAILABLE"}
    await carried(stack)
    await caught_up(stack)
    assert await read(guest, edited) == written.synopsis
    for author, email in crowd.members:
        assert await reviews_of(author) >= {
            title for (by, _), title in written.reviews.items() if by == email
        }


async def carried(stack: LocalStack) -> None:
    """Wait until MongoDB has every document."""
    books = Books(stack)
    query = "SELECT document_id FROM document_heads WHERE carried_at IS NULL"

    async def are_carried() -> bool:
        return not [row for subgraph in ("movies", "reviews") for row in await books.rows(subgraph, query)]

    await eventually(are_carried, seconds=WAIT_SECONDS, every=0.1)


async def read(guest: Client, film_id: str) -> Any:
    """A film's public synopsis."""
    query = "query ($id: ID!) { movie(id: $id) { synopsis(locale: EN) } }"
    return (await guest.get(query, id=film_id))["movie"]["synopsis"]


async def reviews_of(author: Patient) -> set[str]:
    """The titles of an author's reviews."""
    found = await author.get("{ me { reviews(first: 50) { nodes { title } } } }")
    return {node["title"] for node in found["me"]["reviews"]["nodes"]}
