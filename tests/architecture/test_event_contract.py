"""`docs/events.md` is the contract between the subgraphs: their records publish and read what it states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from marquee_subgraphs.kit.events import ConsumedEvent, PublishedEvent
from tests.architecture.test_subgraph_structure import SUBGRAPHS

DOCUMENT = Path(__file__).parents[2] / "docs" / "events.md"
ROW = re.compile(r"\| (?P<types>`[^|]+`) \| (?P<producer>[^|]+) \| (?P<payload>[^|]+(?:\\\|[^|]+)*) \|")


@dataclass(frozen=True, slots=True)
class Contract:
    """What one row says of a type of events."""

    producers: frozenset[str]
    names: frozenset[str]


def contracts() -> dict[str, Contract]:
    """Return the contract of each type of events."""
    found: dict[str, Contract] = {}
    names: frozenset[str] = frozenset()
    for row in map(ROW.match, DOCUMENT.read_text("utf-8").splitlines()):
        if row is None:
            continue
        payload = row["payload"]
        stated = frozenset(_names(payload))
        if payload.startswith("the same"):
            stated |= names
        names = stated
        producers = row["producer"].partition(",")[0]
        for event_type in re.findall(r"`([a-z_.]+)`", row["types"]):
            found[event_type] = Contract(frozenset(producers.split()), names)
    return found


def _names(payload: str) -> Iterator[str]:
    """Yield the names of a payload: `total(money) seats[{label}] reason?` has total, seats and reason."""
    for code in re.findall(r"`([^`]+)`", payload):
        flat = re.sub(r"\([^)]*\)|\[\{[^}]*\}\]|\{[^}]*\}", "", code)
        yield from (name.rstrip("?") for name in flat.split())


CONTRACTS = contracts()


def records(subgraph: str, module: str, base: type) -> list[type]:
    """Return the records of `events/{module}.py` of a subgraph, without those that are only bases."""
    name = f"marquee_subgraphs.{subgraph}.events.{module}"
    if find_spec(name) is None:
        return []  # movies consumes nothing
    found = vars(import_module(name)).values()
    kinds = (each for each in found if isinstance(each, type) and issubclass(each, base) and each is not base)
    return [each for each in kinds if hasattr(each, "TYPE") or hasattr(each, "TYPES")]


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_a_published_event_has_the_fields_that_the_document_states(subgraph: str) -> None:
    published = records(subgraph, "published", PublishedEvent)
    assert published
    for record in published:
        event_type = record.TYPE  # type: ignore[attr-defined]  # a subclass of PublishedEvent
        contract = CONTRACTS[event_type]
        assert {field.name for field in fields(record)} == contract.names, event_type
        assert subgraph in contract.producers or "each" in contract.producers, event_type


@pytest.mark.parametrize("subgraph", SUBGRAPHS)
def test_a_consumed_event_reads_no_field_that_the_document_lacks(subgraph: str) -> None:
    for record in records(subgraph, "consumed", ConsumedEvent):
        for event_type in record.TYPES:  # type: ignore[attr-defined]  # a subclass of ConsumedEvent
            stated = CONTRACTS[event_type].names
            required = {
                field.name
                for field in fields(record)
                if field.default is MISSING and field.default_factory is MISSING
            }
            assert required <= stated, event_type
