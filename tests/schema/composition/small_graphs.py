"""Composing small subgraphs in one line: what a test of a rule needs."""

from marquee_schema.composition import Composition, CompositionError, Problem, Subgraph, compose

_IMPORTS = {
    0: (
        "@key",
        "@requires",
        "@provides",
        "@external",
        "@tag",
        "@extends",
        "@shareable",
        "@inaccessible",
        "@override",
    ),
    1: ("@composeDirective",),
    3: ("@interfaceObject",),
    5: ("@authenticated", "@requiresScopes"),
    6: ("@policy",),
    8: ("@context", "@fromContext"),
    9: ("@cost", "@listSize"),
    12: ("@cacheTag",),
}


def link(minor: int = 9) -> str:
    """The `@link` to a version of federation, importing all its directives; one line."""
    names = [name for since, names in _IMPORTS.items() if since <= minor for name in names]
    imports = ", ".join(f'"{name}"' for name in names)
    return (
        f'extend schema @link(url: "https://specs.apollo.dev/federation/v2.{minor}", import: [{imports}])\n'
    )


def composed(*, minor: int = 9, **subgraphs: str) -> Composition:
    """Composes Federation 2 subgraphs, each given by its name, without the `@link`."""
    return composed_as_written(**{name: link(minor) + sdl for name, sdl in subgraphs.items()})


def composed_as_written(**subgraphs: str) -> Composition:
    """Composes subgraphs exactly as given."""
    return compose([Subgraph(name=name, url=f"http://{name}", sdl=sdl) for name, sdl in subgraphs.items()])


def problems(*, minor: int = 9, **subgraphs: str) -> list[Problem]:
    """Why Federation 2 subgraphs do not compose; empty when they do."""
    try:
        composed(minor=minor, **subgraphs)
    except CompositionError as error:
        return list(error.errors)
    return []


def problems_as_written(**subgraphs: str) -> list[Problem]:
    """Why subgraphs do not compose, exactly as given."""
    try:
        composed_as_written(**subgraphs)
    except CompositionError as error:
        return list(error.errors)
    return []


def only(found: list[Problem]) -> Problem:
    """The one problem that there is."""
    assert len(found) == 1, found
    return found[0]


def hints(composition: Composition) -> dict[str, str]:
    """The hints by code."""
    return {str(hint.code): hint.message for hint in composition.hints}
