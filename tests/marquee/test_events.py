"""`docs/events.md`, the running cinema and the declared queues agree on who consumes which event."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from marquee.cinema import open_cinema
from marquee.event_queues import EVENT_QUEUES
from marquee.resources import CHECKOUT
from marquee_subgraphs.kit.events import ConsumedEvent, PublishedEvent
from marquee_subgraphs.kit.settings import load_settings
from tests.architecture.test_subgraph_structure import SUBGRAPHS


def rows() -> list[list[str]]:
    """The cells of each row of the table."""
    lines = (CHECKOUT / "docs" / "events.md").read_text(encoding="utf-8").splitlines()
    found = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [cells for cells in found if len(cells) == 4 and cells[0].startswith("`")]


def documented() -> dict[str, set[str]]:
    """The event types of each consumer, as the table has them."""
    consumed: dict[str, set[str]] = defaultdict(set)
    for cells in rows():
        for type_ in re.findall(r"`([^`]+)`", cells[0]):
            for consumer in re.sub(r"\([^)]*\)", "", cells[3]).split(","):
                consumed[consumer.strip()].add(type_)
    return consumed


def payloads() -> dict[str, set[str]]:
    """The top-level fields of each event type, as the table has them."""
    found: dict[str, set[str]] = {}
    before: set[str] = set()
    for cells in rows():
        named = " ".join(re.findall(r"`([^`]+)`", re.sub(r"\\\|", "/", cells[2])))
        # `seats[{label row}]`, `titles{locale: text}` and `total(money)` are one field each.
        while (flat := re.sub(r"\[[^][]*\]|\{[^{}]*\}|\([^()]*\)", "", named)) != named:
            named = flat
        names = {name.rstrip("?") for name in named.split()}
        before = names | before if "the same" in cells[2] else names
        for type_ in re.findall(r"`([^`]+)`", cells[0]):
            found[type_] = before
    return found


def records(subgraph: str, module: str, base: type) -> list[tuple[str, set[str], set[str]]]:
    """The types of each event record that a subgraph declares, its fields, and those without a default."""
    name = f"marquee_subgraphs.{subgraph}.events.{module}"
    declared = vars(import_module(name)).values() if find_spec(name) else ()
    return [
        (
            type_,
            {field.name for field in fields(record)},
            {field.name for field in fields(record) if field.default is MISSING},
        )
        for record in declared
        if isinstance(record, type) and issubclass(record, base) and is_dataclass(record)
        for type_ in getattr(record, "TYPES", (getattr(record, "TYPE", None),))
        if type_ is not None
    ]


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_what_is_published_has_the_documented_fields(subgraph: str) -> None:
    documented_fields = payloads()
    for type_, names, _ in records(subgraph, "published", PublishedEvent):
        assert (type_, names) == (type_, documented_fields[type_])


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_what_is_read_of_an_event_is_documented(subgraph: str) -> None:
    documented_fields = payloads()
    anywhere = set().union(*documented_fields.values())
    for type_, names, required in records(subgraph, "consumed", ConsumedEvent):
        assert (type_, required - documented_fields[type_], names - anywhere) == (type_, set(), set())


async def test_everybody_hears_what_is_documented_and_nothing_else(tmp_path: Path) -> None:
    async with open_cinema(load_settings({}, data_dir=tmp_path)) as cinema:
        running = {
            name: set(subgraph.events.consumer.types)
            for name, subgraph in cinema.subgraphs.items()
            if subgraph.events is not None and subgraph.events.consumer.types
        }
    told = documented()
    told.pop("—", None)
    assert running == EVENT_QUEUES
    assert {name: told.get(name, set()) for name in running} == running
    assert set(told) <= set(running)
