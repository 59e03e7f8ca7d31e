"""Random sets of subgraphs that mostly compose: entities over several subgraphs, shared values, abstract
types, enums, inputs. `defects` then breaks them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from tests.schema.composition.reference.model import FieldText, SubgraphText, TypeText

SCALARS = ("Int", "String", "ID", "Boolean", "Float")
ARGUMENTS = ("Int", 'String = "x"', "Color", "Filter", "Int = 1", "[ID!]")
KEYS = ("id", "id", "id", "sku", "id sku", "id org { id }")


def generate(random: Random) -> list[SubgraphText]:
    """Two to four subgraphs over one made-up world."""
    return _World(random).build()


class _World:
    def __init__(self, random: Random) -> None:
        self.random = random
        minor = random.choice((0, 3, 5, 7, 9, 9))
        names = ("alpha", "beta", "gamma", "delta")[: random.randint(2, 4)]
        self.subgraphs = [SubgraphText(name, minor) for name in names]
        self.entities = [f"E{number}" for number in range(random.randint(1, 4))]
        self.values = [f"V{number}" for number in range(random.randint(0, 2))]
        self.interface = "Node" if random.random() < 0.5 else None
        self.keys = {name: self._keys() for name in self.entities}
        self.value_fields = {name: self._value_fields() for name in self.values}
        self.counter = 0

    def build(self) -> list[SubgraphText]:
        for name in self.entities:
            self._entity(name)
        for index, subgraph in enumerate(self.subgraphs):
            if index == 0 or self.random.random() < 0.5:
                self._query(subgraph)
            self._complete(subgraph)
        found = [subgraph for subgraph in self.subgraphs if subgraph.types]
        if self.random.random() < 0.15:
            _make_federation_1(self.random.choice(found))
        return found

    def _keys(self) -> list[str]:
        return self.random.sample(KEYS, 2 if self.random.random() < 0.25 else 1)

    def _value_fields(self) -> list[FieldText]:
        return [FieldText(f"v{number}", self._wrapped(self.random.choice(SCALARS))) for number in range(2)]

    def _entity(self, name: str) -> None:
        holders = self.random.sample(self.subgraphs, self.random.randint(1, len(self.subgraphs)))
        kinds = [self._holding(name, index) for index in range(len(holders))]
        for subgraph, entity in zip(holders, kinds, strict=True):
            subgraph.types.append(entity)
        for _ in range(self.random.randint(1, 4)):
            self.counter += 1
            made = FieldText(f"f{self.counter}", self._output(), self._arguments())
            owners = self.random.sample(kinds, 2 if len(kinds) > 1 and self.random.random() < 0.2 else 1)
            for owner in owners:
                directives = ["@shareable"] if len(owners) > 1 else []
                owner.fields.append(FieldText(made.name, made.type, list(made.arguments), directives))

    def _holding(self, name: str, index: int) -> TypeText:
        """The entity with its keys, as one subgraph has it."""
        keys = self.keys[name]
        if len(keys) > 1 and index and self.random.random() < 0.5:
            keys = [self.random.choice(keys)]
        entity = TypeText("type", name)
        for key in dict.fromkeys(keys):
            resolvable = ", resolvable: false" if self.random.random() < 0.08 else ""
            entity.directives.append(f'@key(fields: "{key}"{resolvable})')
            for part in key.replace("{ id }", "").split():
                if entity.find(part) is None:
                    shareable = ["@shareable"] if part != "org" or self.random.random() < 0.9 else []
                    type_ = "Org" if part == "org" else "ID!"
                    entity.fields.append(FieldText(part, type_, directives=shareable))
        if self.interface and (index == 0 or self.random.random() < 0.5) and entity.find("id"):
            entity.interfaces.append(self.interface)
        return entity

    def _query(self, subgraph: SubgraphText) -> None:
        query = TypeText("type", "Query")
        for _ in range(self.random.randint(1, 3)):
            self.counter += 1
            query.fields.append(FieldText(f"q{self.counter}", self._output(), self._arguments()))
        subgraph.types.insert(0, query)

    def _output(self) -> str:
        named = [*SCALARS[:2], *self.entities, *self.entities, *self.values, "Color"]
        if self.interface:
            named.append(self.interface)
        if len(self.entities) > 1:
            named.append("Any")
        return self._wrapped(self.random.choice(named))

    def _wrapped(self, name: str) -> str:
        return self.random.choice(("{}", "{}", "{}", "{}!", "[{}]", "[{}!]!")).format(name)

    def _arguments(self) -> list[str]:
        if self.random.random() < 0.75:
            return []
        return [f"a: {self.random.choice(ARGUMENTS)}"]

    def _complete(self, subgraph: SubgraphText) -> None:
        """Define what the subgraph refers to and does not have."""
        makers: dict[str, Callable[[], TypeText]] = {
            "Color": lambda: TypeText("enum", "Color", names=["RED", "GREEN"]),
            "Filter": lambda: TypeText(
                "input", "Filter", fields=[FieldText("text", "String"), FieldText("color", "Color")]
            ),
            "Any": lambda: TypeText("union", "Any", names=self.entities[:2]),
            "Org": lambda: TypeText(
                "type", "Org", directives=["@shareable"], fields=[FieldText("id", "ID!")]
            ),
            **{name: partial(self._value, name) for name in self.values},
            **{name: partial(self._reference, name) for name in self.entities},
        }
        if self.interface:
            makers[self.interface] = partial(_node, self.interface)
        changed = True
        while changed:
            changed = False
            for name, make in makers.items():
                if subgraph.find(name) is None and _mentions(subgraph, name):
                    subgraph.types.append(make())
                    changed = True

    def _value(self, name: str) -> TypeText:
        fields = [FieldText(each.name, each.type) for each in self.value_fields[name]]
        return TypeText("type", name, directives=["@shareable"], fields=fields)

    def _reference(self, name: str) -> TypeText:
        """An entity of which the subgraph knows a key only."""
        key = self.random.choice(self.keys[name])
        resolvable = ", resolvable: false" if self.random.random() < 0.5 else ""
        reference = TypeText("type", name, directives=[f'@key(fields: "{key}"{resolvable})'])
        for part in key.replace("{ id }", "").split():
            type_ = "Org" if part == "org" else "ID!"
            reference.fields.append(FieldText(part, type_, directives=["@shareable"]))
        if self.interface and self.random.random() < 0.2 and reference.find("id"):
            reference.interfaces.append(self.interface)
        return reference


def _node(name: str) -> TypeText:
    return TypeText("interface", name, fields=[FieldText("id", "ID!")])


def _make_federation_1(subgraph: SubgraphText) -> None:
    """The same without a link: value types and keys are shared there without saying so."""
    subgraph.minor = None
    for each in subgraph.types:
        each.directives = [text for text in each.directives if text != "@shareable"]
        if each.name == "Query":
            each.keyword = "extend type"
        for found in each.fields:
            found.directives = [text for text in found.directives if text != "@shareable"]


def _mentions(subgraph: SubgraphText, name: str) -> bool:
    for each in subgraph.types:
        if name in each.interfaces or (each.keyword == "union" and name in each.names):
            return True
        for found in each.fields:
            texts = [found.type, *(argument.partition(":")[2] for argument in found.arguments)]
            if any(text.split("=")[0].strip(" []!") == name for text in texts):
                return True
    return False
