"""Random sets of subgraphs over one made-up world: they mostly compose, and use all that federation has.

Owns the texts only; what composes is decided by the composer, and the data are derived from what it made.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.router.planning.generated.contexts import add_contexts
from tests.router.planning.generated.declarations import vary
from tests.router.planning.generated.directives import decorate
from tests.router.planning.generated.text import FieldText, SubgraphText, TypeText, field_names

SCALARS = ("String", "String", "Int", "ID", "Boolean", "Float")
KEYS = (
    ("id",),
    ("id",),
    ("sku",),
    ("id", "sku"),
    ("id", "sku"),
    ("id sku",),
    ("id org { id }",),
    ("org { id }", "id"),
    ("tags",),
    ("org { id unit }",),
)
KEY_TYPES = {"id": "ID!", "sku": "ID!", "org": "Org!", "tags": "[ID!]!"}
MEDIA = ("M0", "M1", "M2")


def generate(random: Random) -> list[SubgraphText]:
    """Two to four subgraphs."""
    return _World(random).build()


class _World:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.subgraphs = [SubgraphText(name) for name in ("a", "b", "c", "d")[: random.randint(2, 4)]]
        self.entities = [f"E{number}" for number in range(random.randint(1, 4))]
        self.values = [f"V{number}" for number in range(random.randint(0, 2))]
        self.keys = {name: random.choice(KEYS) for name in self.entities}
        self.value_fields = {name: self._value_fields(i) for i, name in enumerate(self.values)}
        self.has_media = random.random() < 0.4
        self.counter = 0

    def build(self) -> list[SubgraphText]:
        if self.has_media:
            self._media()
        for name in self.entities:
            self._entity(name)
        for index, subgraph in enumerate(self.subgraphs):
            if index == 0 or self.random.random() < 0.7:
                self._roots(subgraph)
        if self.random.random() < 0.4:
            self._shared_root()
        if self.random.random() < 0.35:
            self._named()
        for subgraph in self.subgraphs:
            self._complete(subgraph)
        decorate(self.random, self.subgraphs, self.entities)
        if self.random.random() < 0.35:
            add_contexts(self.random, self.subgraphs, self.entities)
        for subgraph in self.subgraphs:
            self._complete(subgraph)
        vary(self.random, self.subgraphs, self.entities)
        return [subgraph for subgraph in self.subgraphs if subgraph.types]

    def _next(self, prefix: str) -> str:
        self.counter += 1
        return f"{prefix}{self.counter}"

    def _value_fields(self, index: int) -> list[tuple[str, str]]:
        """A value may hold an entity, or a value after it."""
        later = self.values[index + 1 :]
        named = [*SCALARS, "Color", *self.entities[:1], *later]
        return [(f"v{index}{number}", self._wrapped(self.random.choice(named))) for number in range(3)]

    def _media(self) -> None:
        """An interface with a key, and a subgraph with an `@interfaceObject` for it."""
        names = MEDIA[: self.random.randint(1, 3)]
        owner, *others = self.random.sample(self.subgraphs, self.random.randint(2, len(self.subgraphs)))
        keys = self.random.choice((["id"], ["id"], ["id", "sku"]))
        directives = [f'@key(fields: "{key}")' for key in keys]
        interface = TypeText("interface", "Media", directives=list(directives))
        interface.fields = [*(FieldText(key, "ID!") for key in keys), FieldText("title", "String")]
        owner.types.append(interface)
        for name in names:
            made = TypeText("type", name, interfaces=["Media"], directives=list(directives))
            made.fields = [*(FieldText(key, "ID!") for key in keys), FieldText("title", "String")]
            made.fields.append(FieldText(self._next("m"), self._output(), self._arguments()))
            owner.types.append(made)
        self._stand_in(others[0], self.random.choice(keys))
        for third in others[1:]:
            if self.random.random() < 0.4:
                self._stand_in(third, self.random.choice(keys))
        for third in self.subgraphs:
            if third is not owner and third.find("Media") is None and self.random.random() < 0.5:
                made = TypeText("type", names[0], directives=['@key(fields: "id")'])
                made.fields = [FieldText("id", "ID!"), FieldText(self._next("m"), self._output())]
                third.types.append(made)

    def _stand_in(self, subgraph: SubgraphText, key: str) -> None:
        """An `@interfaceObject` with fields of its own."""
        stand_in = TypeText("type", "Media", directives=[f'@key(fields: "{key}")', "@interfaceObject"])
        stand_in.fields = [FieldText(key, "ID!")]
        for _ in range(self.random.randint(1, 3)):
            stand_in.fields.append(FieldText(self._next("x"), self._output(), self._arguments()))
        if self.random.random() < 0.3:
            stand_in.fields.append(FieldText("title", "String", directives=["@external"]))
            name = self._next("x")
            stand_in.fields.append(FieldText(name, "String", directives=['@requires(fields: "title")']))
        subgraph.types.append(stand_in)

    def _named(self) -> None:
        """An interface with fields of which its types have some in one subgraph, some in another."""
        owner = self.random.choice(self.subgraphs)
        fields = [FieldText("name", "String", self._arguments()), FieldText("near", "Node")]
        types = [each for each in owner.types if each.name in self.entities]
        if types:
            owner.types.append(TypeText("interface", "Named", fields=[*fields]))
        for each in types:
            each.interfaces.append("Named")
            each.fields += [FieldText(f.name, f.type, list(f.arguments)) for f in fields]
        for other in self.subgraphs:
            holders = [each for each in other.types if each.name in {t.name for t in types}]
            if other is not owner and holders and self.random.random() < 0.4:
                other.types.append(TypeText("interface", "Named", fields=[FieldText("own", "Int")]))
                for each in holders:
                    each.interfaces.append("Named")
                    each.fields.append(FieldText("own", "Int"))
        for subgraph in self.subgraphs:
            query = subgraph.find("Query")
            if query is not None and subgraph.find("Named") is not None:
                query.fields.append(FieldText(self._next("q"), self._wrapped("Named")))

    def _entity(self, name: str) -> None:
        holders = self.random.sample(self.subgraphs, self.random.randint(1, len(self.subgraphs)))
        kinds = [self._holding(name, index) for index in range(len(holders))]
        for subgraph, entity in zip(holders, kinds, strict=True):
            subgraph.types.append(entity)
        for _ in range(self.random.randint(2, 5)):
            made = FieldText(self._next("f"), self._output(), self._arguments())
            shared = len(kinds) > 1 and self.random.random() < 0.25
            for owner in self.random.sample(kinds, 2 if shared else 1):
                directives = ["@shareable"] if shared else []
                owner.fields.append(FieldText(made.name, made.type, list(made.arguments), directives))

    def _holding(self, name: str, index: int) -> TypeText:
        keys = list(self.keys[name])
        if len(keys) > 1 and self.random.random() < 0.6:
            keys = [self.random.choice(keys)]
        entity = TypeText("type", name)
        for key in keys:
            resolvable = ", resolvable: false" if self.random.random() < 0.07 else ""
            entity.directives.append(f'@key(fields: "{key}"{resolvable})')
            for part in field_names(key):
                if entity.find(part) is None:
                    entity.fields.append(FieldText(part, KEY_TYPES[part], directives=["@shareable"]))
        if entity.find("id") and self.random.random() < 0.6:
            entity.interfaces.append("Node")
        return entity

    def _roots(self, subgraph: SubgraphText) -> None:
        query = TypeText("type", "Query")
        for _ in range(self.random.randint(1, 4)):
            query.fields.append(FieldText(self._next("q"), self._output(), self._arguments()))
        subgraph.types.append(query)
        if self.random.random() < 0.4:
            mutation = TypeText("type", "Mutation")
            for _ in range(self.random.randint(1, 3)):
                kind = self.random.choice(("Int!", self.random.choice(self.entities)))
                mutation.fields.append(FieldText(self._next("do"), kind))
            subgraph.types.append(mutation)

    def _shared_root(self) -> None:
        roots = [query for each in self.subgraphs if (query := each.find("Query")) is not None]
        name, kind = self._next("q"), self._output()
        for query in roots[:2] if len(roots) > 1 else ():
            query.fields.append(FieldText(name, kind, directives=["@shareable"]))

    def _output(self) -> str:
        named = ["String", self.random.choice(SCALARS), *self.entities, *self.entities, *self.values]
        named += ["Color", "Node", "Any"]
        if self.has_media:
            named += ["Media", "Media"]
        return self._wrapped(self.random.choice(named))

    def _wrapped(self, name: str) -> str:
        shapes = ("{}", "{}", "{}", "{}", "{}!", "[{}]", "[{}!]!", "[[{}]]")
        return self.random.choice(shapes).format(name)

    def _arguments(self) -> list[str]:
        if self.random.random() < 0.75:
            return []
        kinds = ("Int", 'String = "x"', "Color", "Filter", "[ID!]", "Int! = 1", "Boolean!")
        return [f"a: {self.random.choice(kinds)}"]

    def _complete(self, subgraph: SubgraphText) -> None:
        """Define the types that the subgraph refers to and does not have."""
        makers: dict[str, Callable[[], TypeText]] = {
            "Color": lambda: TypeText("enum", "Color", names=["RED", "GREEN", "BLUE"]),
            "Filter": lambda: TypeText(
                "input", "Filter", fields=[FieldText("text", "String"), FieldText("color", "Color")]
            ),
            "Org": lambda: TypeText(
                "type",
                "Org",
                directives=["@shareable"],
                fields=[FieldText("id", "ID!"), FieldText("unit", "String!")],
            ),
            "Node": lambda: TypeText("interface", "Node", fields=[FieldText("id", "ID!")]),
            "Any": self._union,
        }
        for name in self.values:
            makers[name] = lambda name=name: self._value(name)  # type: ignore[misc]
        for name in self.entities:
            makers[name] = lambda name=name: self._reference(name)  # type: ignore[misc]
        changed = True
        while changed:
            changed = False
            for name, make in makers.items():
                if subgraph.find(name) is None and subgraph.mentions(name):
                    subgraph.types.append(make())
                    changed = True

    def _union(self) -> TypeText:
        known = [*self.entities, *self.values]
        return TypeText("union", "Any", names=self.random.sample(known, self.random.randint(1, len(known))))

    def _value(self, name: str) -> TypeText:
        fields = [FieldText(field, kind) for field, kind in self.value_fields[name]]
        if self.random.random() < 0.2:
            fields.pop(self.random.randrange(len(fields)))
        return TypeText("type", name, directives=["@shareable"], fields=fields)

    def _reference(self, name: str) -> TypeText:
        """An entity of which the subgraph knows a key only."""
        key = self.random.choice(self.keys[name])
        resolvable = ", resolvable: false" if self.random.random() < 0.5 else ""
        reference = TypeText("type", name, directives=[f'@key(fields: "{key}"{resolvable})'])
        for part in field_names(key):
            reference.fields.append(FieldText(part, KEY_TYPES[part], directives=["@shareable"]))
        if reference.find("id") and self.random.random() < 0.4:
            reference.interfaces.append("Node")
        return reference
