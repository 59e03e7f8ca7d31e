"""GraphQL texts that nobody means well with: deep, wide, circular, wrong. Texts only; sends nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Final

DEEP: Final = 20_000
WIDE: Final = 5_000
INTROSPECTION: Final = (
    "{ __schema { types { name fields(includeDeprecated: true) { name args { name type { ofType"
    " { ofType { name } } } } type { name ofType { name ofType { name ofType { name } } } } } } } }"
)
GARBAGE: Final = "{}[]()!$:=@|&\"'#.,\\\x00\ufeff\u2028 \n\tabc_019éあ🎬"


def _deep(_: random.Random) -> str:
    return "{ me " * DEEP + "{ id }" + " }" * DEEP


def _deep_unclosed(_: random.Random) -> str:
    return "{ a " * DEEP


def _deep_list(_: random.Random) -> str:
    return "{ movie(id: " + "[" * DEEP + "]" * DEEP + ") { id } }"


def _deep_object(_: random.Random) -> str:
    return "{ movies(filter: " + "{ a: " * DEEP + "1" + " }" * DEEP + ") { totalCount } }"


def _deep_type(_: random.Random) -> str:
    return "query ($a: " + "[" * DEEP + "Int" + "]" * DEEP + ") { __typename }"


def _deep_fragments(_: random.Random) -> str:
    """Little nesting in each fragment, much in all together."""
    nested = "... on Query { " * 20 + "...F{0}" + " }" * 20
    fragments = [f"fragment F{n} on Query {{ {nested.replace('{0}', str(n + 1))} }}" for n in range(200)]
    return "{ ...F0 } " + " ".join(fragments) + " fragment F200 on Query { __typename }"


def _typenames(_: random.Random) -> str:
    return "{ " + "__typename " * WIDE + "}"


def _aliases(_: random.Random) -> str:
    return "{ " + " ".join(f"a{n}: __typename" for n in range(WIDE)) + " }"


def _aliased_lists(_: random.Random) -> str:
    movies = " ".join(
        f"m{n}: movies(first: 100) {{ nodes {{ id reviews(first: 100) {{ nodes {{ id }} }} }} }}"
        for n in range(100)
    )
    return f"{{ {movies} }}"


def _directives(_: random.Random) -> str:
    return "{ __typename " + "@include(if: true) " * WIDE + "}"


def _unknown_directives(_: random.Random) -> str:
    return "{ __typename " + " ".join(f"@d{n}" for n in range(190)) + " }"


def _doubling(_: random.Random) -> str:
    """Sixty fragments, two to the sixtieth fields."""
    fragments = [f"fragment F{n} on Query {{ ...F{n + 1} a{n}: __typename ...F{n + 1} }}" for n in range(60)]
    return "{ ...F0 } " + " ".join(fragments) + " fragment F60 on Query { __typename }"


def _circle(_: random.Random) -> str:
    return "{ ...A } fragment A on Query { ...B __typename } fragment B on Query { ...A __typename }"


def _mesh(_: random.Random) -> str:
    """Each fragment spreads each."""
    spreads = " ".join(f"...F{n}" for n in range(60))
    return "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ {spreads} }}" for n in range(60))


def _same_fields(_: random.Random) -> str:
    """Pairs to compare: the square of what is written."""
    return "{ " + "me { id name role } " * 600 + "}"


def _same_fields_in_fragments(_: random.Random) -> str:
    fragment = "fragment F on User { " + "reviews { nodes { author { id } } } " * 250 + "}"
    return "{ " + "me { ...F } " * 20 + "} " + fragment


def _operations(_: random.Random) -> str:
    return " ".join(f"query Q{n} {{ __typename }}" for n in range(2_000))


def _variables(_: random.Random) -> str:
    return "query (" + ", ".join(f"$v{n}: Int" for n in range(3_000)) + ") { __typename }"


def _introspection(_: random.Random) -> str:
    of_type = "ofType { " * 40 + "name" + " }" * 40
    return f"{{ __schema {{ types {{ fields {{ type {{ {of_type} }} }} }} }} }}"


def _introspection_circle(_: random.Random) -> str:
    inner = "fields { type { " * 12 + "name" + " } }" * 12
    return f"{{ __schema {{ types {{ {inner} }} }} }}"


def _long_name(_: random.Random) -> str:
    return "{ " + "x" * 200_000 + " }"


def _long_string(_: random.Random) -> str:
    return '{ movie(id: "' + "y" * 500_000 + '") { id } }'


def _backtracking(_: random.Random) -> str:
    return "{ " + '"\\' * 50_000 + '""' * 50_000


def _comments(_: random.Random) -> str:
    return "#\n" * 200_000 + "{ __typename }"


def _garbage(chance: random.Random) -> str:
    return "".join(chance.choices(GARBAGE, k=chance.randrange(1, 200)))


def _mutated(chance: random.Random) -> str:
    """A fine document with a few characters replaced."""
    text = list("query Q($id: ID!) { movie(id: $id) { id title reviews(first: 2) { nodes { id } } } }")
    for _ in range(chance.randrange(1, 5)):
        text[chance.randrange(len(text))] = chance.choice(GARBAGE)
    return "".join(text)


def _unknown(chance: random.Random) -> str:
    """A new text each time: nothing is gained by a cache."""
    return f"{{ field{chance.randrange(10**9)} {{ id }} }}"


def _unique(chance: random.Random) -> str:
    """A valid text that comes once: what is kept of it must be forgotten again."""
    return f"query Q{chance.randrange(10**9)} {{ a{chance.randrange(10**9)}: __typename }}"


def _planned(chance: random.Random) -> str:
    """A valid text that comes once and must be planned over several subgraphs."""
    key = chance.randrange(10**9)
    return (
        f"query Q{key} {{ a{key}: movies(first: 1) {{ nodes {{ id title reviewStats {{ count }}"
        " metrics { views } reviews(first: 1) { nodes { author { name } } } } } }"
    )


DOCUMENTS: Final[Mapping[str, Callable[[random.Random], str]]] = {
    "20,000 levels": _deep,
    "20,000 levels, unclosed": _deep_unclosed,
    "20,000 lists": _deep_list,
    "20,000 objects": _deep_object,
    "20,000 list types": _deep_type,
    "fragments, 4,000 levels together": _deep_fragments,
    "5,000 __typename": _typenames,
    "5,000 aliases": _aliases,
    "aliased lists of lists": _aliased_lists,
    "5,000 directives": _directives,
    "unknown directives": _unknown_directives,
    "doubling fragments": _doubling,
    "a circle of fragments": _circle,
    "a mesh of fragments": _mesh,
    "the same field 600 times": _same_fields,
    "the same fields in fragments": _same_fields_in_fragments,
    "2,000 operations": _operations,
    "3,000 variables": _variables,
    "deep introspection": _introspection,
    "circular introspection": _introspection_circle,
    "a long name": _long_name,
    "a long string": _long_string,
    "quotes and backslashes": _backtracking,
    "200,000 comments": _comments,
    "garbage": _garbage,
    "a mutated document": _mutated,
    "an unknown field": _unknown,
    "a text that comes once": _unique,
    "a plan that comes once": _planned,
}
HEAVY: Final = frozenset(
    {
        "20,000 levels", "20,000 levels, unclosed", "20,000 lists", "20,000 objects", "20,000 list types",
        "a long name", "a long string", "quotes and backslashes", "200,000 comments", "5,000 aliases",
        "5,000 __typename", "5,000 directives", "2,000 operations", "3,000 variables",
        "the same field 600 times", "the same fields in fragments", "aliased lists of lists",
    }
)  # fmt: skip
"""Hundreds of kilobytes, or slow to refuse: they come less often."""
