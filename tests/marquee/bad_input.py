"""Inputs that no mutation may accept, made from the schema: a new mutation is tried without a word here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_required_input_field,
)

ROOT: Final = Path(__file__).parents[2]
Place = tuple[str | int, ...]
"""Where in an input a value stands."""

PREFIXES: Final = {
    "movieId": "mov", "showtimeId": "shw", "rewardId": "rwd", "userId": "usr", "orderId": "ord",
    "paymentId": "pay", "reviewId": "rev", "cinemaId": "cin", "cinemaIds": "cin", "auditoriumId": "aud",
    "ticketId": "tkt", "ticketIds": "tkt", "notificationIds": "ntf",
}  # fmt: skip
UNKNOWN_ULID: Final = "01J0000000000000000000000Z"

PLAIN: Final[Mapping[str, Any]] = {
    "String": "plain text",
    "Int": 7,
    "Boolean": True,
    "Date": "2020-01-01",
    "DateTime": "2020-01-01T20:00:00Z",
    "Decimal": "1.00",
}
NAMED: Final[Mapping[str, Any]] = {
    "idempotencyKey": "key-0123456789",
    "paymentMethod": "pm_card_visa",
    "language": "es",
    "email": "nobody@example.com",
    "rating": 4,
}
"""Better than the plain value of the type: gets further."""
DOOMED: Final[Mapping[str, Mapping[str, Any]]] = {
    "createMovie": {"runtimeMinutes": -1, "language": "no language"},
    "createCinema": {"timeZone": "Mars/Olympus", "name": ""},
    "createReward": {"cost": -1, "percent": 1000},
    "registerUser": {"email": "nobody at nowhere", "password": "short"},
    "updateUser": {"email": "nobody at nowhere", "name": ""},
    "trackEvent": {"movieId": "no id", "showtimeId": "no id"},
}
"""Two flaws each where an unknown id would not make an input fail: one may be overwritten by a case."""

WRONG: Final[Mapping[str, tuple[Any, ...]]] = {
    "String": (5, True, {"a": 1}, ["x"]),
    "ID": (1.5, True, {}),
    "Int": ("7", 1.5, True, 2**31, 10**30, -(10**30)),
    "Boolean": ("true", 1),
    "Date": ("yesterday", 5, "2020-02-30", "+1000000-01-01"),
    "DateTime": ("noon", 5, "2020-01-01T25:00:00Z", "9999999999-01-01T00:00:00Z"),
    "Decimal": ("ten", True, "NaN", "Infinity", "1e999999999", "9" * 400),
}
NO_MEMBERS: Final[tuple[Any, ...]] = ("NO_SUCH_VALUE", "__proto__", 5, {})
HOSTILE: Final[Mapping[str, str]] = {
    "a null byte": "a\x00b",
    "control characters": "\x1b[2J\r\nSet-Cookie: a=b\x08",
    "code": "x'; DROP TABLE users; -- <script>alert(1)</script>{{7*7}}${7*7}{0.__class__}%s%n../../etc",
    "a lone surrogate": "a\ud800b",
    "a text direction": "\u202egnp.exe\u2066",
    "a path": "../../../../etc/passwd",
    "a long text": "\U0001f3ac" * 20_000,
}
MEGABYTE: Final = "x" * 1_000_000
UNKNOWN: Final = "an input of the right form that cannot be"
MANY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Case:
    """One request that must be refused."""

    mutation: str
    flaw: str
    given: Any
    by_form: bool
    """The router can tell: who asks does not matter."""


class BadInputs:
    """Makes the cases of every mutation of the schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        assert schema.mutation_type is not None
        self.fields = schema.mutation_type.fields

    def operation(self, mutation: str) -> str:
        """The mutation with its `input` as a variable."""
        arguments = self.fields[mutation].args
        selection = "{ errors { __typename code message path } }"
        if not arguments:
            return f"mutation {{ {mutation} {selection} }}"
        return f"mutation ($input: {arguments['input'].type}) {{ {mutation}(input: $input) {selection} }}"

    def cases(self) -> Iterator[Case]:
        """Every case of every mutation that takes an input."""
        for mutation, field in self.fields.items():
            if field.args:
                type_ = get_named_type(field.args["input"].type)
                assert isinstance(type_, GraphQLInputObjectType), f"{mutation} takes something else"
                yield from self._of(mutation, type_)

    def _of(self, mutation: str, type_: GraphQLInputObjectType) -> Iterator[Case]:
        base = {**plain(type_), **DOOMED.get(mutation, {})}
        yield Case(mutation, UNKNOWN, base, by_form=False)
        for given in (None, 5, "text", [base, base], {**base, "noSuchField": 1}):
            yield Case(mutation, f"input is {str(given)[:40]}", given, by_form=True)
        for place, field in places(type_):
            name = ".".join(map(str, place))
            if is_required_input_field(field):
                yield Case(mutation, f"{name} is left out", without(base, place), by_form=True)
            if isinstance(field.type, GraphQLNonNull):
                yield Case(mutation, f"{name} is null", replaced(base, place, None), by_form=True)
            for flaw, value, by_form in values(field.type):
                yield Case(mutation, f"{name} is {flaw}", replaced(base, place, value), by_form)


def bad_inputs() -> BadInputs:
    """Those of the cinema's API."""
    return BadInputs(build_schema((ROOT / "schema" / "api.graphql").read_text(encoding="utf-8")))


def plain(type_: GraphQLInputObjectType) -> dict[str, Any]:
    """An input of the right form, whose ids do not exist."""
    return {name: _plain(name, field.type) for name, field in type_.fields.items()}


def _plain(name: str, type_: GraphQLInputType) -> Any:
    if isinstance(type_, GraphQLNonNull):
        return _plain(name, type_.of_type)
    if isinstance(type_, GraphQLList):
        return [_plain(name, type_.of_type)]
    if isinstance(type_, GraphQLInputObjectType):
        return plain(type_)
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if type_.name == "ID":
        return f"{PREFIXES.get(name, 'seat')}_{UNKNOWN_ULID}"
    return NAMED.get(name, PLAIN[type_.name])


def places(type_: GraphQLInputObjectType, before: Place = ()) -> Iterator[tuple[Place, GraphQLInputField]]:
    """Every field, those of inner objects after their parent."""
    for name, field in type_.fields.items():
        yield (*before, name), field
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLInputObjectType):
            index: Place = (0,) if _is_list(field.type) else ()
            yield from places(inner, (*before, name, *index))


def _is_list(type_: GraphQLInputType) -> bool:
    return isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)


def values(type_: GraphQLInputType) -> Iterator[tuple[str, Any, bool]]:
    """What must not stand in a field of this type, and whether its form shows it."""
    named = get_named_type(type_)
    listed = _is_list(type_)

    def shaped(value: Any) -> Any:
        return [value] if listed else value

    if listed:
        yield "a number in lists", [[5]], True
        entry = plain(named) if isinstance(named, GraphQLInputObjectType) else "plain text"
        yield "10,000 entries", [entry] * MANY, False
    if isinstance(named, GraphQLInputObjectType):
        yield "a text", shaped("text"), True
    elif isinstance(named, GraphQLEnumType):
        for member in NO_MEMBERS:
            yield f"{member}, which is no member", shaped(member), True
    else:
        for wrong in WRONG[named.name]:
            yield str(wrong)[:40], shaped(wrong), True
    if named.name in {"String", "ID"}:
        for flaw, text in HOSTILE.items():
            yield flaw, shaped(text), False
    if named.name == "Int":
        yield "the least", shaped(-(2**31)), False


def replaced(given: Any, place: Place, value: Any) -> Any:
    """A copy of an input with another value at one place."""
    if not place:
        return value
    if isinstance(given, list):
        return [replaced(given[0], place[1:], value)]
    return {**given, place[0]: replaced(given[place[0]], place[1:], value)}


def without(given: Any, place: Place) -> Any:
    """A copy of an input without one field."""
    if len(place) == 1:
        return {name: value for name, value in given.items() if name != place[0]}
    if isinstance(given, list):
        return [without(given[0], place[1:])]
    return {**given, place[0]: without(given[place[0]], place[1:])}
