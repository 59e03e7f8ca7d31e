"""Directives that make a graph hard to plan, put on random subgraphs: `@requires`, `@provides`, `@override`,
`@inaccessible`."""

from __future__ import annotations

from random import Random

from tests.router.planning.generated.text import FieldText, SubgraphText, TypeText

_LEAVES = frozenset({"String", "Int", "ID", "Boolean", "Float", "Color"})
_KEY_FIELDS = frozenset({"id", "sku", "org", "tags"})


def decorate(random: Random, subgraphs: list[SubgraphText], entities: list[str]) -> None:
    """Add a few of each directive."""
    work = _Decorating(random, subgraphs)
    if random.random() < 0.15:
        work.override("Query")
    for name in entities:
        if random.random() < 0.5:
            work.override(name)
        for _ in range(random.choice((0, 1, 1, 2))):
            work.require(name)
        if random.random() < 0.6:
            work.provide(name)
        if random.random() < 0.2:
            work.hide(name)


class _Decorating:
    def __init__(self, random: Random, subgraphs: list[SubgraphText]) -> None:
        self._random = random
        self._subgraphs = subgraphs
        self._counter = 0

    def _holders(self, name: str) -> list[tuple[SubgraphText, TypeText]]:
        found = [(subgraph, each) for subgraph in self._subgraphs if (each := subgraph.find(name))]
        self._random.shuffle(found)
        return found

    def _pick(self, name: str) -> tuple[tuple[SubgraphText, TypeText], tuple[SubgraphText, TypeText]] | None:
        """Two subgraphs that have the entity."""
        found = self._holders(name)
        return (found[0], found[1]) if len(found) > 1 else None

    def _own(self, each: TypeText) -> list[FieldText]:
        """Fields without directives, except keys."""
        return [f for f in each.fields if f.name not in _KEY_FIELDS and not f.directives]

    def require(self, name: str) -> None:
        picked = self._pick(name)
        if picked is None:
            return
        (owner, has), (_, wants) = picked
        candidates = [f for f in has.fields if f.name not in _KEY_FIELDS and wants.find(f.name) is None]
        candidates = [f for f in candidates if not any("external" in d or "over" in d for d in f.directives)]
        self._random.shuffle(candidates)
        texts: list[str] = []
        for field in candidates[: self._random.randint(1, 2)]:
            text = self._field_set(owner, field)
            far = self._far_leaf(picked[1][0], field) if self._random.random() < 0.7 else None
            if far is not None:
                text = f"{field.name} {{ {far} }}"
            if text is not None and self._reference(picked[1][0], owner, field.target):
                texts.append(text)
                wants.fields.append(FieldText(field.name, field.type, list(field.arguments), ["@external"]))
        if texts:
            self._counter += 1
            required = '@requires(fields: "' + " ".join(texts).replace('"', '\\"') + '")'
            wants.fields.append(FieldText(f"r{self._counter}{name}", "String", [], [required]))

    def _reference(self, subgraph: SubgraphText, owner: SubgraphText, target: str) -> bool:
        """True if the subgraph can name the type: leaves, and what it defines as the owner does."""
        if target in _LEAVES or target[0] in "EV" or target == "Node":
            return True
        return subgraph.find(target) is not None and target in ("Any",)

    def _field_set(self, owner: SubgraphText, field: FieldText) -> str | None:
        arguments = ""
        if field.arguments:
            kind = field.arguments[0].partition(":")[2].strip()
            values = {"Int": "3", "String": '"s"', "Color": "RED", "Boolean!": "true", "Int!": "5"}
            value = values.get(kind.partition(" ")[0])
            if value is None:
                return None
            arguments = f"(a: {value})"
        head = field.name + arguments
        if field.target in _LEAVES:
            return head
        declared = owner.find(field.target)
        if declared is None:
            return None
        if declared.keyword == "union":
            named = owner.find(declared.names[0])
            below = self._leaf_of(named)
            return f"{head} {{ ... on {declared.names[0]} {{ {below} }} }}" if below else None
        below = self._leaf_of(declared)
        return f"{head} {{ {below} }}" if below else None

    def _leaf_of(self, declared: TypeText | None) -> str | None:
        leaves = [
            f.name
            for f in (declared.fields if declared else ())
            if f.target in _LEAVES and not f.arguments and (f.name in _KEY_FIELDS or f.name.startswith("v"))
        ]
        return self._random.choice(leaves) if leaves else None

    def _far_leaf(self, subgraph: SubgraphText, field: FieldText) -> str | None:
        """A field of the entity that the field leads to, from any subgraph."""
        here = subgraph.find(field.target)
        if here is None or here.keyword != "type" or field.target[0] != "E" or field.arguments:
            return None
        leaves = [
            f
            for _, each in self._holders(field.target)
            for f in self._own(each)
            if f.target in _LEAVES and not f.arguments and f.name.startswith("f")
        ]
        if not leaves:
            return None
        leaf = self._random.choice(leaves)
        if here.find(leaf.name) is None:
            here.fields.append(FieldText(leaf.name, leaf.type, directives=["@external"]))
        return leaf.name

    def provide(self, name: str) -> None:
        """A field that leads to the entity provides a field of another subgraph."""
        picked = self._pick(name)
        if picked is None:
            return
        (owner, has), (subgraph, wants) = picked
        leading = [
            f
            for each in subgraph.types
            if each.keyword == "type"
            for f in each.fields
            if self._may_be(subgraph, f.target, name)
            and not any("@" in d and "share" not in d for d in f.directives)
        ]
        candidates = [
            f
            for f in has.fields
            if (f.target in _LEAVES or f.target[0] == "V") and not f.arguments
            and f.name not in _KEY_FIELDS and wants.find(f.name) is None
            and not any("external" in d or "requires" in d for d in f.directives)
        ]  # fmt: skip
        if leading and candidates:
            provided, by = self._random.choice(candidates), self._random.choice(leading)
            for each in self._holders(name):
                known = each[1].find(provided.name)
                if known is not None and not known.directives:
                    known.directives.append("@shareable")
            wants.fields.append(FieldText(provided.name, provided.type, directives=["@external"]))
            text = self._field_set(owner, provided) or provided.name
            text = text if by.target == name else f"... on {name} {{ {text} }}"
            by.directives.append(f'@provides(fields: "{text}")')

    def _may_be(self, subgraph: SubgraphText, target: str, name: str) -> bool:
        """Whether a value of the type may be the entity, for the subgraph."""
        declared, entity = subgraph.find(target), subgraph.find(name)
        named = (*(declared.names if declared else ()), name)
        return target in named or name in named[:-1] or (entity is not None and target in entity.interfaces)

    def override(self, name: str) -> None:
        picked = self._pick(name)
        if picked is None:
            return
        (old, has), (_, takes) = picked
        candidates = [f for f in self._own(has) if takes.find(f.name) is None]
        if candidates:
            field = self._random.choice(candidates)
            label = ', label: "percent(50)"' if self._random.random() < 0.5 else ""
            directive = f'@override(from: "{old.name}"{label})'
            takes.fields.append(FieldText(field.name, field.type, list(field.arguments), [directive]))

    def hide(self, name: str) -> None:
        holders = self._holders(name)
        fields = [f for _, each in holders for f in each.fields if f.name.startswith("f")]
        if fields:
            self._random.choice(fields).directives.append("@inaccessible")
