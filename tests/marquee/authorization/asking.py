"""Sends the operation of a table row as a user, to the router or the subgraph, and names the outcome."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from graphql import (
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    parse,
)

from marquee_subgraphs.users.service import Client as Device
from tests.marquee.authorization.operations import (
    ENTITIES,
    FIELDS,
    MUTATIONS,
    NO_INPUT,
    QUERIES,
    SHOWN,
    SUBSCRIPTIONS,
)
from tests.marquee.authorization.table import Row
from tests.marquee.authorization.world import PASSWORD, Person, World
from tests.subgraphs.door import Door

ROOT: Final = Path(__file__).parents[3]
SDL: Final = ROOT / "schema" / "sdl"
SILENT: Final = "Subscription.notificationReceived"
QUIET_SECONDS: Final = 0.05
"""A subscription that is silent for so long was let in; a refusal is waited for longer."""


@cache
def owners() -> Mapping[str, str]:
    """The subgraph that answers each `Type.field`, and by `Type` the one that resolves it by its id."""
    found: dict[str, str] = {}
    for file in sorted(SDL.glob("*.graphql")):
        for node in parse(file.read_text(encoding="utf-8")).definitions:
            if not isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
                continue
            name = node.name.value
            for field in node.fields or ():
                directives = {directive.name.value for directive in field.directives or ()}
                if "external" not in directives:
                    found.setdefault(f"{name}.{field.name.value}", file.stem)
    for entity, (_, selection) in ENTITIES.items():
        name = entity.partition(" ")[0]
        found[name] = found[f"{name}.{selection}"]
    return found


def subgraph_of(row: str) -> str:
    """Who answers this row behind the router."""
    return owners()[row.partition(" ")[0]]


async def ask(world: World, asked: Row, who: str, *, direct: bool) -> str:
    """What comes of it: `yes`, `short`, `null`, `empty`, or the codes of its errors.

    Whoever is allowed gets what may be used up made for this question; the others ask about one spare.
    """
    row, allowed = asked.name, asked.allows(who)
    person = await _asking(world, row, who)
    name = subgraph_of(row) if direct else "router"
    door = world.door(name)
    headers = world.at_subgraph(person, name) if direct else person.at_router
    if row in SUBSCRIPTIONS:
        silent = allowed and row == SILENT
        text = await _filled(world, f"subscription {{ {SUBSCRIPTIONS[row]} }}", allowed)
        return await _first(door, text, headers, silent=silent)
    text, variables = await _operation(world, row, allowed, direct=direct)
    answered = await door.ask(text, variables, viewer=None, headers=headers)
    return outcome(answered.data, answered.errors)


async def _asking(world: World, row: str, who: str) -> Person:
    """The user of a request; a log-out has a session of its own."""
    person = world.people[who]
    if row != "Mutation.logout" or not person.id:
        return person
    signed_in = await world.cinema.service("users").sessions.sign_in(
        email=f"{who}@example.com", password=PASSWORD, client=Device()
    )
    return await world.person(person.id, signed_in.access.text)


async def _first(door: Door, text: str, headers: Mapping[str, str], *, silent: bool) -> str:
    async with door.subscribe(text, viewer=None, headers=headers) as payloads:
        try:
            async with asyncio.timeout(QUIET_SECONDS if silent else 5):
                answer = await anext(payloads)
        except TimeoutError:
            return "yes" if silent else "silence"
    return outcome(answer.get("data"), answer.get("errors", ()))


async def _operation(world: World, row: str, allowed: bool, *, direct: bool) -> tuple[str, dict[str, Any]]:
    if row in QUERIES:
        return await _filled(world, f"{{ {QUERIES[row]} }}", allowed), {}
    if row.startswith("Mutation."):
        return await _filled(world, _mutation(row.removeprefix("Mutation.")), allowed), {}
    if row in FIELDS:
        way, thing, selection = FIELDS[row]
        if not direct:
            return await _filled(world, f"{{ {way % selection} }}", allowed), {}
    else:
        thing, selection = ENTITIES[row]
    typename = re.split(r"[. ]", row)[0]
    text = (
        "query ($representations: [_Any!]!) { _entities(representations: $representations)"
        f" {{ ... on {typename} {{ {selection} }} }} }}"
    )
    representation = {"__typename": typename, "id": world.things.get(thing, thing), "seatCount": 1}
    return text, {"representations": [representation]}


def _mutation(name: str) -> str:
    given = f"(input: {{ {MUTATIONS[name]} }})" if name.partition(" ")[0] not in NO_INPUT else ""
    return f"mutation {{ {name.partition(' ')[0]}{given} {{ {SHOWN.get(name, '')} errors {{ code }} }} }}"


async def _filled(world: World, text: str, allowed: bool) -> str:
    make = world.new if allowed else world.spare
    made = {name: await make(name) for name in sorted(set(re.findall(r"\$(new_\w+)", text)))}
    return re.sub(r"\$(\w+)", lambda found: {**world.things, **made}[found[1]], text)


def outcome(data: Any, errors: Any) -> str:
    """Name an answer by its codes, or by the one value that was selected."""
    codes = {error["extensions"]["code"] for error in errors}
    value = data
    while isinstance(value, dict):
        if "errors" in value:
            codes |= {error["code"] for error in value["errors"]}
            value = next((inner for name, inner in value.items() if name != "errors"), True)
        else:
            value = next(iter(value.values()))
        if isinstance(value, list) and len(value) == 1 and value[0] is None:
            value = None  # an entity that there is not
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            value = value[0]
    if codes:
        return "+".join(sorted(codes)) + ("" if value is None or "errors" in str(data) else " with data")
    if value is None:
        return "null"
    if isinstance(value, list) and not value:
        return "empty"
    return "short" if isinstance(value, str) and re.fullmatch(r"\w+ \w\.", value) else "yes"
