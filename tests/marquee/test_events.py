"""`docs/events.md` says who hears what; so do the running cinema, and the queues that a broker declares."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from marquee.cinema import open_cinema
from marquee.event_queues import EVENT_QUEUES
from marquee.resources import CHECKOUT
from marquee_subgraphs.kit.settings import load_settings


def documented() -> dict[str, set[str]]:
    """The event types of each consumer, as the table has them."""
    heard: dict[str, set[str]] = defaultdict(set)
    for line in (CHECKOUT / "docs" / "events.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 4 and cells[0].startswith("`"):
            for type_ in re.findall(r"`([^`]+)`", cells[0]):
                for consumer in re.sub(r"\([^)]*\)", "", cells[3]).split(","):
                    heard[consumer.strip()].add(type_)
    return heard


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
