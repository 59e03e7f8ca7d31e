"""What subgraphs may declare differently: enums, inputs, arguments, nullability, narrower types; and what is
hidden of it.
"""

from __future__ import annotations

from random import Random

from tests.router.planning.generated.text import FieldText, SubgraphText, TypeText

_SHADES = ("DARK", "LIGHT", "PALE", "DEEP")
_LEAVES = frozenset({"String", "Int", "ID", "Boolean", "Float"})


def vary(random: Random, subgraphs: list[SubgraphText], entities: list[str]) -> None:
    """Let the subgraphs differ a little."""
    for chance, change in (
        (0.3, _shades),
        (0.3, _filters),
        (0.25, _hidden_member),
        (0.35, _nullability),
        (0.3, _fewer_arguments),
        (0.3, _narrower),
        (0.2, _hidden_argument),
    ):
        if random.random() < chance:
            change(random, subgraphs, entities)


def _shades(random: Random, subgraphs: list[SubgraphText], entities: list[str]) -> None:
    """An enum in output only: its values are those of all subgraphs, one of them perhaps hidden."""
    hidden = random.choice(_SHADES) if random.random() < 0.3 else None
    for subgraph in subgraphs:
        holders = [each for each in subgraph.types if each.name in entities or each.name == "Query"]
        if holders and random.random() < 0.7:
            names = random.sample(_SHADES, random.randint(1, len(_SHADES)))
            texts = [f"{name} @inaccessible" if name == hidden else name for name in names]
            subgraph.types.append(TypeText("enum", "Shade", names=texts))
            kind = random.choice(("Shade", "Shade", "[Shade]", "[Shade!]", "Shade!"))
            random.choice(holders).fields.append(FieldText(f"s{subgraph.name}", kind))


def _filters(random: Random, subgraphs: list[SubgraphText], entities: list[str]) -> None:
    """Fields of an input that not all subgraphs have are left out."""
    for subgraph in subgraphs:
        found = subgraph.find("Filter")
        if found is not None and random.random() < 0.5:
            found.fields.append(FieldText(f"only_{subgraph.name}", "Int"))
        if found is not None and random.random() < 0.3:
            found.fields = [each for each in found.fields if each.name != "text"]


def _hidden_member(random: Random, subgraphs: list[SubgraphText], entities: list[str]) -> None:
    """A member of the union that is hidden from clients."""
    for subgraph in subgraphs:
        union = subgraph.find("Any")
        if union is not None and random.random() < 0.7:
            union.names.append("Hidden")
            made = TypeText("type", "Hidden", directives=["@shareable", "@inaccessible"])
            made.fields.append(FieldText("dark", "String"))
            subgraph.types.append(made)


def _shared(random: Random, subgraphs: list[SubgraphText], entities: list[str]) -> list[FieldText]:
    """Fields of entities and of values that several subgraphs answer."""
    found = [
        field
        for subgraph in subgraphs
        for each in subgraph.types
        if each.name in entities or "@shareable" in each.directives
        for field in each.fields
        if ("@shareable" in field.directives or "@shareable" in each.directives) and field.name[0] in "fv"
    ]
    random.shuffle(found)
    return found


def _nullability(random: Random, subgraphs: list[SubgraphText], entities: list[str]) -> None:
    """A subgraph declares a field as non-null that is nullable for the others."""
    for field in _shared(random, subgraphs, entities)[: random.randint(1, 3)]:
        if field.type.endswith("!"):
            field.type = field.type[:-1]
        elif field.target in _LEAVES or random.random() < 0.3:
            field.type += "!"


def _fewer_arguments(random: Random, subgraphs: list[SubgraphText], entities: list[str]) -> None:
    """An argument that not all subgraphs have is left out."""
    for field in _shared(random, subgraphs, entities):
        if field.arguments and "!" not in field.arguments[0] and "=" not in field.arguments[0]:
            field.arguments.clear()
            return


def _hidden_argument(random: Random, subgraphs: list[SubgraphText], entities: list[str]) -> None:
    """An argument that is hidden from clients, on a field whose value does not depend on it."""
    for subgraph in subgraphs:
        for each in subgraph.types:
            for field in each.fields if each.keyword == "type" else ():
                if field.target == "Int" and field.name[0] in "fq" and random.random() < 0.5:
                    field.arguments.append("hidden: Int = 3 @inaccessible")


def _narrower(random: Random, subgraphs: list[SubgraphText], entities: list[str]) -> None:
    """A subgraph returns one type where the others return an interface or union."""
    for field in _shared(random, subgraphs, entities):
        if field.target in ("Node", "Any"):
            field.type = field.type.replace(field.target, random.choice(entities))
            return
