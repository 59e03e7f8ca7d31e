"""Contexts on random subgraphs: entities whose arguments come from their ancestors.

Such an entity is reached only through fields of objects that set the context, in the one subgraph that knows
of it, or no graph would compose.
"""

from __future__ import annotations

from random import Random

from tests.router.planning.generated.text import FieldText, SubgraphText, TypeText

_PLAIN = frozenset({"String", "Int", "ID", "Boolean", "Float"})
_CONTEXT = "ctx"


def add_contexts(random: Random, subgraphs: list[SubgraphText], entities: list[str]) -> None:
    """Let one subgraph fill arguments from what one or two of its types set."""
    subgraph = random.choice(subgraphs)
    setters = [each for each in subgraph.types if each.keyword == "type" and each.name in entities]
    query = subgraph.find("Query")
    if query is not None and random.random() < 0.3:
        setters.append(query)
    random.shuffle(setters)
    chosen = [(each, value) for each in setters[:2] if (value := _value(random, each, subgraphs)) is not None]
    kinds = [kind for _, (_, kind) in chosen]
    chosen = [each for each in chosen if each[1][1] == kinds[0]]
    if not chosen:
        return
    taker = _taker(random, _selection([(each.name, text) for each, (text, _) in chosen]), kinds[0])
    subgraph.types.append(taker)
    for number, (each, _) in enumerate(chosen):
        each.directives.append(f'@context(name: "{_CONTEXT}")')
        shape = random.choice(("{}", "{}", "{}!", "[{}]", "[{}!]"))
        each.fields.append(FieldText(f"c{number}", shape.format(taker.name)))
    others = [each for each in subgraphs if each is not subgraph]
    if random.random() < 0.6:
        _extend(random, random.choice(others), taker)


def _selection(texts: list[tuple[str, str]]) -> str:
    if len(texts) == 1 or len({text for _, text in texts}) == 1:
        return f"${_CONTEXT} {{ {texts[0][1]} }}"
    return f"${_CONTEXT} " + " ".join(f"... on {name} {{ {text} }}" for name, text in texts)


def _value(random: Random, setter: TypeText, subgraphs: list[SubgraphText]) -> tuple[str, str] | None:
    """The field whose value fills the argument, and its type; it may be another subgraph's field."""
    found = [(f.name, f.type) for f in setter.fields if f.type in _PLAIN and not f.arguments]
    if setter.name != "Query" and random.random() < 0.4:
        known = {f.name for f in setter.fields}
        elsewhere = [
            f
            for subgraph in subgraphs
            if (each := subgraph.find(setter.name)) is not None
            for f in each.fields
            if f.name not in known and f.type in _PLAIN and not f.arguments and not f.directives
        ]
        if elsewhere:
            taken = random.choice(elsewhere)
            setter.fields.append(FieldText(taken.name, taken.type, directives=["@external"]))
            return taken.name, taken.type
    return random.choice(found) if found else None


def _taker(random: Random, selection: str, kind: str) -> TypeText:
    """An entity with fields whose arguments take the value."""
    taker = TypeText("type", "C0", directives=['@key(fields: "id")'], fields=[FieldText("id", "ID!")])
    for number in range(random.randint(1, 2)):
        argument = f'x: {kind} @fromContext(field: "{selection}")'
        arguments = [argument, *(["a: Int"] if random.random() < 0.3 else [])]
        taker.fields.append(FieldText(f"t{number}", random.choice(("String", "String!", "ID")), arguments))
    taker.fields.append(FieldText("plain", "String"))
    if random.random() < 0.4:
        taker.fields.append(FieldText("next", "C0"))
    return taker


def _extend(random: Random, other: SubgraphText, taker: TypeText) -> None:
    """Let another subgraph have a field of it, and perhaps let a field that takes the value require that."""
    extended = TypeText("type", taker.name, directives=['@key(fields: "id")'])
    extended.fields = [FieldText("id", "ID!"), FieldText("far", "Int")]
    other.types.append(extended)
    if random.random() < 0.5:
        taker.fields.append(FieldText("far", "Int", directives=["@external"]))
        next(f for f in taker.fields if f.name == "t0").directives.append('@requires(fields: "far")')
