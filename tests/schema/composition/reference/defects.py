"""Small changes to a set of subgraphs, each of which may break it, or bring a directive into play."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.schema.composition.reference.model import FieldText, SubgraphText, TypeText


def spoil(texts: Sequence[SubgraphText], random: Random) -> None:
    """Changes the set in place, none to four times."""
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 4))):
        random.choice(_CHANGES)(texts, random)


def _pick_type(texts: Sequence[SubgraphText], random: Random, *keywords: str) -> TypeText | None:
    found = [each for text in texts for each in text.types if each.keyword in (keywords or ("type",))]
    return random.choice(found) if found else None


def _pick_field(texts: Sequence[SubgraphText], random: Random, *keywords: str) -> FieldText | None:
    owner = _pick_type(texts, random, *keywords)
    return random.choice(owner.fields) if owner is not None and owner.fields else None


def _drop_directive(texts: Sequence[SubgraphText], random: Random) -> None:
    target = _pick_field(texts, random) or _pick_type(texts, random)
    if target is not None and target.directives:
        target.directives.pop(random.randrange(len(target.directives)))


def _change_type(texts: Sequence[SubgraphText], random: Random) -> None:
    field = _pick_field(texts, random, "type", "interface", "input")
    if field is not None:
        bare = field.type.strip("[]!")
        field.type = random.choice((bare, f"{bare}!", f"[{bare}]", "Int", "String!"))


def _drop_field(texts: Sequence[SubgraphText], random: Random) -> None:
    owner = _pick_type(texts, random, "type", "interface", "input")
    if owner is not None and len(owner.fields) > 1:
        owner.fields.pop(random.randrange(len(owner.fields)))


def _copy_field(texts: Sequence[SubgraphText], random: Random) -> None:
    """A field of one subgraph's type in another's, perhaps with a directive."""
    owner = _pick_type(texts, random)
    if owner is None or not owner.fields:
        return
    field = random.choice(owner.fields)
    others = [found for text in texts if (found := text.find(owner.name)) and not found.find(field.name)]
    if others:
        other = random.choice(others)
        source = next(text.name for text in texts if any(each is owner for each in text.types))
        directive = random.choice(
            ("", "@shareable", "@external", f'@override(from: "{source}")', "@inaccessible")
        )
        copied = FieldText(field.name, field.type, list(field.arguments), [directive] if directive else [])
        other.fields.append(copied)


def _annotate_field(texts: Sequence[SubgraphText], random: Random) -> None:
    field = _pick_field(texts, random, "type", "type", "interface", "input")
    if field is not None:
        field.directives.append(
            random.choice(
                ("@inaccessible", '@tag(name: "t")', "@shareable", "@external", '@deprecated(reason: "old")')
            )
        )


def _annotate_type(texts: Sequence[SubgraphText], random: Random) -> None:
    target = _pick_type(texts, random, "type", "type", "interface", "union", "enum", "input")
    if target is not None:
        choices = ["@inaccessible", '@tag(name: "t")']
        if target.keyword == "type":
            choices += ["@shareable", "@interfaceObject", '@key(fields: "id")', '@key(fields: "nope")']
        elif target.keyword == "interface":
            choices += ['@key(fields: "id")'] * 3
        target.directives.append(random.choice(choices))


def _require(texts: Sequence[SubgraphText], random: Random) -> None:
    """A field that requires another subgraph's field of the same type, which is external here."""
    owner = _pick_type(texts, random)
    if owner is None or not owner.fields or owner.name == "Query":
        return
    own = {each.name for each in owner.fields}
    elsewhere = [
        each
        for text in texts
        if (found := text.find(owner.name)) is not None and found is not owner
        for each in found.fields
        if each.name not in own
    ]
    if not elsewhere:
        return
    needed = random.choice(elsewhere)
    if random.random() < 0.9:
        owner.fields.append(FieldText(needed.name, needed.type, list(needed.arguments), ["@external"]))
    inner = random.choice(("", "", " { id }", " { v0 }"))
    target = random.choice(owner.fields)
    target.directives.append(f'@requires(fields: "{needed.name}{inner}")')


def _provide(texts: Sequence[SubgraphText], random: Random) -> None:
    """A field that provides an external one of the entity it returns."""
    for text in random.sample(list(texts), len(texts)):
        for owner in text.types:
            for field in owner.fields:
                target = text.find(field.type.strip("[]!"))
                if target is None or target.keyword != "type" or random.random() < 0.5:
                    continue
                elsewhere = [
                    each
                    for other in texts
                    if other is not text and (found := other.find(target.name)) is not None
                    for each in found.fields
                    if target.find(each.name) is None
                ]
                if elsewhere:
                    given = random.choice(elsewhere)
                    target.fields.append(FieldText(given.name, given.type, directives=["@external"]))
                    field.directives.append(f'@provides(fields: "{given.name}")')
                    return


def _change_names(texts: Sequence[SubgraphText], random: Random) -> None:
    target = _pick_type(texts, random, "enum", "union")
    if target is None:
        return
    if target.keyword == "enum" and random.random() < 0.6:
        target.names.append(random.choice(("BLUE", 'PINK @tag(name: "t")', "GREY @inaccessible")))
    elif len(target.names) > 1:
        target.names.pop()


def _change_arguments(texts: Sequence[SubgraphText], random: Random) -> None:
    field = _pick_field(texts, random, "type", "interface")
    if field is not None:
        field.arguments = random.choice(
            ([], ["a: Int"], ["a: Int!"], ["a: Int = 2"], ["b: String", "a: Int"])
        )


def _change_input(texts: Sequence[SubgraphText], random: Random) -> None:
    target = _pick_type(texts, random, "input")
    if target is not None:
        target.fields.append(FieldText("extra", random.choice(("Int", "Int!", "Int! = 3", "[Int]"))))


def _change_interfaces(texts: Sequence[SubgraphText], random: Random) -> None:
    owner = _pick_type(texts, random)
    if owner is not None and owner.interfaces:
        owner.interfaces.clear()
        return
    interface = _pick_type(texts, random, "interface")
    if interface is not None:
        interface.fields.append(FieldText("more", "Int"))


def _make_interface_object(texts: Sequence[SubgraphText], random: Random) -> None:
    """An interface with a key that one subgraph knows as an object."""
    holders = [text for text in texts if text.find("Node") is not None]
    others = [text for text in texts if text.find("Node") is None and (text.minor or 0) >= 3]
    if not holders or not others:
        return
    for text in holders:
        node = text.find("Node")
        assert node is not None
        node.directives.append('@key(fields: "id")')
    random.choice(others).types.append(
        TypeText(
            "type",
            "Node",
            directives=["@interfaceObject", '@key(fields: "id")'],
            fields=[FieldText("id", "ID!"), FieldText("extra", "Int")],
        )
    )


def _guard(texts: Sequence[SubgraphText], random: Random) -> None:
    if (texts[0].minor or 0) < 6:
        return
    target = random.choice((_pick_field(texts, random), _pick_type(texts, random)))
    if target is not None:
        target.directives.append(
            random.choice(
                (
                    "@authenticated",
                    '@requiresScopes(scopes: [["a"]])',
                    '@requiresScopes(scopes: [["b", "c"]])',
                )
            )
        )


def _weigh(texts: Sequence[SubgraphText], random: Random) -> None:
    if (texts[0].minor or 0) < 9:
        return
    field = _pick_field(texts, random)
    if field is not None:
        field.directives.append(
            random.choice(
                (
                    "@cost(weight: 3)",
                    "@listSize(assumedSize: 5)",
                    '@listSize(slicingArguments: ["a"])',
                    '@listSize(slicingArguments: ["nope"], requireOneSlicingArgument: false)',
                )
            )
        )


def _set_context(texts: Sequence[SubgraphText], random: Random) -> None:
    """A context on a type, and an argument of another that is filled from it."""
    candidates = [text for text in texts if (text.minor or 0) >= 8]
    if not candidates:
        return
    text = random.choice(candidates)
    objects = [each for each in text.types if each.keyword == "type" and each.name != "Query" and each.fields]
    if len(objects) < 2:
        return
    setter, reader = random.sample(objects, 2)
    setter.directives.append('@context(name: "here")')
    selected = random.choice([*setter.fields, FieldText("nope", "Int")])
    type_ = random.choice((selected.type.rstrip("!"), selected.type, "Int"))
    selection = random.choice((f"{{ {selected.name} }}", f"{setter.name} {{ {selected.name} }}"))
    name = random.choice(("$here", "$here", "$there"))
    argument = f'c: {type_} @fromContext(field: "{name} {selection}")'
    random.choice(reader.fields).arguments.append(argument)


def _override_by_label(texts: Sequence[SubgraphText], random: Random) -> None:
    owner = _pick_type(texts, random)
    if owner is None or not owner.fields or (texts[0].minor or 0) < 7:
        return
    field = random.choice(owner.fields)
    others = [text for text in texts if (found := text.find(owner.name)) and found is not owner]
    if others:
        other = random.choice(others)
        found = other.find(owner.name)
        assert found is not None
        source = next(text.name for text in texts if any(each is owner for each in text.types))
        label = random.choice(("percent(5)", "percent(101)", "beta", "with space"))
        if found.find(field.name) is None:
            directive = f'@override(from: "{source}", label: "{label}")'
            found.fields.append(FieldText(field.name, field.type, list(field.arguments), [directive]))


def _compose_directive(texts: Sequence[SubgraphText], random: Random) -> None:
    """A directive of one's own that reaches the supergraph, or should."""
    candidates = [text for text in texts if (text.minor or 0) >= 1]
    if not candidates:
        return
    name = random.choice(("@mine", "@mine", "@yours"))
    version = random.choice(("v1.0", "v1.1", "v2.0"))
    for text in random.sample(candidates, min(len(candidates), random.choice((1, 2)))):
        text.extra += [
            f'extend schema @link(url: "https://example.com/own/{version}", import: ["@mine"])',
            f'  @composeDirective(name: "{name}")',
            f"directive @mine(a: {random.choice(('Int', 'Int', 'String'))}) on FIELD_DEFINITION | OBJECT",
        ]
        for each in text.types:
            if each.keyword == "type" and each.fields and random.random() < 0.4:
                random.choice(each.fields).directives.append(random.choice(("@mine", "@mine(a: 1)")))


def _define_executable(texts: Sequence[SubgraphText], random: Random) -> None:
    for text in texts:
        if random.random() < 0.7:
            locations = random.choice(("QUERY", "FIELD", "QUERY | FIELD"))
            arguments = random.choice(("", "", "(a: Int)", "(a: Int!)"))
            text.extra.append(f"directive @run{arguments} on {locations}")


def _add_root(texts: Sequence[SubgraphText], random: Random) -> None:
    name = random.choice(("Mutation", "Subscription"))
    for text in random.sample(list(texts), min(len(texts), random.choice((1, 1, 2)))):
        if text.find(name) is None:
            target = random.choice([*(each.name for each in text.types if each.keyword == "type"), "Int"])
            field = FieldText(random.choice(("act", "do")), target)
            text.types.append(TypeText("type", name, fields=[field]))


def _add_default(texts: Sequence[SubgraphText], random: Random) -> None:
    field = _pick_field(texts, random)
    if field is not None and not field.arguments:
        value = random.choice(('{text: "a"}', "{color: RED}", "{nope: 1}", "null", "{text: 1}"))
        if any(text.find("Filter") and field in (f for t in text.types for f in t.fields) for text in texts):
            field.arguments.append(f"f: Filter = {value}")


def _add_interface_of_interface(texts: Sequence[SubgraphText], random: Random) -> None:
    for text in texts:
        node = text.find("Node")
        if node is not None and random.random() < 0.8:
            text.types.append(TypeText("interface", "Root", fields=[FieldText("id", "ID!")]))
            node.interfaces.append("Root")
            for each in text.types:
                if "Node" in each.interfaces and random.random() < 0.9:
                    each.interfaces.append("Root")


_CHANGES: tuple[Callable[[Sequence[SubgraphText], Random], None], ...] = (
    _drop_directive,
    _change_type,
    _change_type,
    _drop_field,
    _copy_field,
    _copy_field,
    _annotate_field,
    _annotate_type,
    _require,
    _require,
    _provide,
    _change_names,
    _change_arguments,
    _change_input,
    _change_interfaces,
    _make_interface_object,
    _guard,
    _weigh,
    _set_context,
    _override_by_label,
    _compose_directive,
    _define_executable,
    _add_root,
    _add_default,
    _add_interface_of_interface,
)
