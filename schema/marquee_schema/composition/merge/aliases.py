"""The prefix under which the supergraph links a feature, chosen so that no name can be confused with a name
of another feature."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product
from string import ascii_letters, digits

from marquee_schema.composition.specs.definition import FeatureUrl
from marquee_schema.composition.subgraph.links import LinkedFeature, split_prefixed


@dataclass(slots=True)
class AliasChooser:
    """Chooses one alias for each feature; `names` are all names that the supergraph will have."""

    names: set[str]
    _imported_by: dict[str, set[str]] = field(default_factory=dict)
    _misleading: dict[str, set[str]] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=lambda: {"link", "join"})
    _prefix: str | None = None
    _count: int = 0

    def expect(self, feature: FeatureUrl, imports: Iterable[tuple[str, str]]) -> None:
        """Records the directives that a feature brings: pairs of a name in the feature and in the
        supergraph."""
        identity = feature.identity
        self.names.add(feature.name)
        for name, alias in imports:
            self.names.add(alias)
            split = split_prefixed(alias)
            claimed = [(alias, name == feature.name)]
            if split:
                claimed.append((split[0], split[1] == name))
            for prefix, is_own in claimed:
                self._imported_by.setdefault(prefix, set()).add(identity)
                if not is_own:
                    self._misleading.setdefault(prefix, set()).add(identity)

    def choose(self, feature: FeatureUrl) -> str:
        """The alias of a feature: its own name, or a made-up one where that is ambiguous."""
        name = feature.name
        # Ambiguous: another feature imports `@name` or `@name__x`, or this one imports a different directive
        # as `@name`. Such an import would be read as a name of the feature that has the alias.
        others = self._imported_by.get(name, set()) - {feature.identity}
        misleading = feature.identity in self._misleading.get(name, set())
        is_malformed = "__" in name or name.endswith("_") or not name.isidentifier()
        if others or misleading or is_malformed or name in self._taken:
            name = self._unique(name)
        self._taken.add(name)
        return name

    def _unique(self, name: str) -> str:
        if self._prefix is None:
            self._prefix = self._free_prefix()
        suffix = "".join(char for char in name if char in ascii_letters)
        self._count += 1
        return f"{self._prefix}{self._count - 1}{suffix}"

    def _free_prefix(self) -> str:
        """The shortest text that no name begins with."""
        length = 1
        while True:
            taken = {name[:length] for name in self.names}
            for first, *rest in product("_" + ascii_letters, *[ascii_letters + digits] * (length - 1)):
                candidate = first + "".join(rest)
                if candidate not in taken:
                    return candidate
            length += 1


def names_of(feature: LinkedFeature) -> list[tuple[str, str]]:
    """The imported directives of a feature, in the form that `AliasChooser.expect` reads."""
    return [(i.name[1:], i.alias[1:]) for i in feature.imports if i.name.startswith("@")]
