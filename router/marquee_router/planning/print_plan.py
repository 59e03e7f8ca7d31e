"""Query plans as text for people: `marquee plan`, logs and tests. Owns the format; nothing parses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import parse, print_ast

from marquee_router.planning.plan import (
    Conditional,
    Conditions,
    ContextSource,
    DeferredFetches,
    Each,
    EntityFetch,
    EntityTarget,
    Parallel,
    Path,
    PlanNode,
    QueryPlan,
    RepresentationField,
    RepresentationSelection,
    RootFetch,
    Sequence,
    Subscribe,
    TypeCondition,
)

_INDENT = "  "


def print_plan(plan: QueryPlan) -> str:
    """The plan as indented text, the operations spread over lines."""
    if plan.deferrals:
        return "\n".join(_block("QueryPlan", _deferred(plan)))
    if plan.node is None:
        return "QueryPlan {}"
    return "\n".join(_block("QueryPlan", _lines(plan.node)))


def _deferred(plan: QueryPlan) -> Iterator[str]:
    """What is fetched for the first answer and for each deferred fragment, by its label or its number."""
    yield from _block("Primary", _lines(plan.node) if plan.node is not None else iter(()))
    names = {each.variable: f'"{each.label}"' if each.label else each.variable for each in plan.deferrals}
    fetched: set[str] = set()
    for group in plan.deferred:
        fetched.update(term.variable for conjunction in group.when for term in conjunction)
        yield from _block(f"Deferred {_when(group.when, names)}{_after(group, names)}", _lines(group.node))
    for each in plan.deferrals:
        if each.variable not in fetched:
            yield f"Deferred {names[each.variable]} {{}}"


def _when(when: Conditions, names: Mapping[str, str]) -> str:
    if not when:
        return "Primary"
    return " or ".join(" and ".join(names[term.variable] for term in conjunction) for conjunction in when)


def _after(group: DeferredFetches, names: Mapping[str, str]) -> str:
    return f" after {', '.join(_when(other, names) for other in group.after)}" if group.after else ""


def print_path(path: Path) -> str:
    """A path with dots: `@` for every item of a list, `|A|B` for a type condition."""
    text = ""
    for element in path:
        match element:
            case TypeCondition():
                text += f"|[{','.join(sorted(element.possible))}]"
            case Each.ITEM:
                text += ".@"
            case _:
                text += f".{element}"
    return text.removeprefix(".")


def print_conditions(conditions: Conditions) -> str:
    """Conditions as a Boolean expression of variables."""
    return " or ".join(
        " and ".join(f"{'' if c.expected else 'not '}${c.variable}" for c in conjunction)
        for conjunction in conditions
    )


def _block(head: str, body: Iterator[str]) -> Iterator[str]:
    yield f"{head} {{"
    for line in body:
        yield _INDENT + line
    yield "}"


def _lines(node: PlanNode) -> Iterator[str]:
    match node:
        case RootFetch():
            at = f" at {print_path(node.path)}" if node.path else ""
            yield from _block(f"Fetch {node.subgraph}{at}", _operation(node.operation))
        case EntityFetch():
            yield from _block(f"Entities {node.subgraph}", _entities(node))
        case Sequence():
            yield from _block("Sequence", (line for child in node.nodes for line in _lines(child)))
        case Parallel():
            yield from _block("Parallel", (line for child in node.nodes for line in _lines(child)))
        case Conditional():
            yield from _block(f"If {print_conditions(node.conditions)}", _lines(node.node))
        case Subscribe():
            yield from _block("Subscribe", _subscription(node))


def _subscription(node: Subscribe) -> Iterator[str]:
    yield from _lines(node.source)
    if node.rest is not None:
        yield from _lines(node.rest)


def _entities(node: EntityFetch) -> Iterator[str]:
    for target in node.targets:
        yield from _target(target)
    yield from _operation(node.operation)


def _target(target: EntityTarget) -> Iterator[str]:
    paths = ", ".join(print_path(path) for path in target.paths)
    names = "".join(f", {own} as {sent}" for own, sent in target.typenames.items())
    when = f" if {print_conditions(target.conditions)}" if target.conditions else ""
    yield f"${target.variable}: {paths} => {_representation(target.representation)}{names}{when}"
    for variable in target.contextual:
        yield f"${variable.name}: {' else '.join(_source(target, each) for each in variable.sources)}"


def _source(target: EntityTarget, source: ContextSource) -> str:
    types = "" if source.possible is None else f"|[{','.join(sorted(source.possible))}]"
    places = ", ".join(f".{print_path(path[: source.depth])}{types}" for path in target.paths)
    return f"{places} {_representation(source.selections)}"


def _representation(selections: tuple[RepresentationSelection, ...]) -> str:
    parts: list[str] = []
    for item in selections:
        if isinstance(item, RepresentationField):
            source = f" from {item.source}" if item.source != item.name else ""
            head = f"{item.name}{'?' if item.nullable else ''}{source}"
        else:
            head = f"... on {'|'.join(sorted(item.possible))}"
        parts.append(f"{head} {_representation(item.selections)}" if item.selections else head)
    return f"{{ {', '.join(parts)} }}"


def _operation(text: str) -> Iterator[str]:
    yield from print_ast(parse(text, no_location=True)).splitlines()
