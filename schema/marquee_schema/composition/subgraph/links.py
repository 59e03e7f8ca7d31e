"""The features that a schema links to, and the names that belong to them: imports, renames and namespaces,
without ambiguity."""

import re
from dataclasses import dataclass, field

from graphql import Node

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.specs.definition import SPECS, FeatureUrl

_TAG = f"{SPECS}/tag"
_INACCESSIBLE = f"{SPECS}/inaccessible"
_FEDERATION = f"{SPECS}/federation"
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")


class LinkError(Exception):
    """A `@link` is invalid; `code` is the code to report."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Import:
    """An imported element: its name in the specification and in this schema, each with `@` for a
    directive."""

    name: str
    alias: str

    def __str__(self) -> str:
        return f'"{self.name}"' if self.name == self.alias else f'"{self.name}" as "{self.alias}"'


@dataclass(frozen=True, slots=True, eq=False)
class LinkedFeature:
    """One `@link`: the specification, the prefix of its names in this schema, and the imported elements."""

    url: FeatureUrl
    alias: str
    imports: tuple[Import, ...] = ()
    node: Node | None = None

    def directive_name(self, name: str) -> str:
        """The name of a directive of the feature in this schema."""
        for imported in self.imports:
            if imported.name == f"@{name}":
                return imported.alias[1:]
        return self.alias if name == self.url.name else f"{self.alias}__{name}"

    def type_name(self, name: str) -> str:
        """The name of a type of the feature in this schema."""
        for imported in self.imports:
            if imported.name == name:
                return imported.alias
        return f"{self.alias}__{name}"


@dataclass(frozen=True, slots=True)
class SourceElement:
    """The feature that a name belongs to; `name` is the name in the feature, or None if that element is
    imported under another name."""

    feature: LinkedFeature
    name: str | None


def split_prefixed(name: str) -> tuple[str, str] | None:
    """`federation__key` as (`federation`, `key`); None without a prefix."""
    prefix, separator, rest = name.partition("__")
    return (prefix, rest) if separator else None


@dataclass(slots=True)
class Links:
    """All features of a schema; adding one checks that its names cannot be confused with those of another."""

    by_identity: dict[str, LinkedFeature] = field(default_factory=dict)
    _by_alias: dict[str, LinkedFeature] = field(default_factory=dict)
    _by_import: dict[str, tuple[LinkedFeature, Import]] = field(default_factory=dict)
    _prefixes: dict[str, str] = field(default_factory=dict)

    def add(self, feature: LinkedFeature) -> None:
        """Adds a feature; raises `LinkError` on a bad alias, a second link, or ambiguous names."""
        identity = feature.url.identity
        if identity in self.by_identity:
            raise _usage(f'Cannot link feature "{identity}" since it has already been linked in the schema.')
        _check_alias(feature)
        self._check_alias_is_free(feature)
        for imported in feature.imports:
            self._add_import(feature, imported)
        self._by_alias[feature.alias] = feature
        self.by_identity[identity] = feature

    def source_of_directive(self, name: str) -> SourceElement | None:
        """The feature that a directive name belongs to."""
        return self._source(f"@{name}", name, is_directive=True)

    def source_of_type(self, name: str) -> SourceElement | None:
        """The feature that a type name belongs to."""
        return self._source(name, name, is_directive=False)

    def shadowing_import(self, name: str, *, is_directive: bool) -> tuple[LinkedFeature, Import] | None:
        """The import under another name of the element that a namespaced name stands for; None if there is
        none."""
        default = self._default_source(name, is_directive)
        if default is None:
            return None
        feature, in_feature = default
        marked = f"@{in_feature}" if is_directive else in_feature
        used = f"@{name}" if is_directive else name
        for imported in feature.imports:
            if imported.name == marked and imported.alias != used:
                return feature, imported
        return None

    def _source(self, marked: str, name: str, *, is_directive: bool) -> SourceElement | None:
        entry = self._by_import.get(marked)
        if entry is not None:
            feature, imported = entry
            return SourceElement(feature, imported.name.removeprefix("@"))
        default = self._default_source(name, is_directive)
        if default is None:
            return None
        feature, in_feature = default
        wanted = f"@{in_feature}" if is_directive else in_feature
        shadowed = any(imported.name == wanted for imported in feature.imports)
        return SourceElement(feature, None if shadowed else in_feature)

    def _default_source(self, name: str, is_directive: bool) -> tuple[LinkedFeature, str] | None:
        split = split_prefixed(name)
        if split and split[0] in self._by_alias:
            return self._by_alias[split[0]], split[1]
        if is_directive and name in self._by_alias:
            feature = self._by_alias[name]
            return feature, feature.url.name
        return None

    def _check_alias_is_free(self, feature: LinkedFeature) -> None:
        identity = feature.url.identity
        # An import as `@tag__x` looks like a name of a feature that is linked as `tag`.
        confused = self._prefixes.get(feature.alias) or f"@{feature.alias}"
        if confused in self._by_import:
            other, imported = self._by_import[confused]
            _check_tag_and_inaccessible(other.url.identity, identity)
            raise _usage(
                f'Cannot import {imported} from feature "{other.url.identity}" since it can be confused with'
                " a namespaced"
                f' name from another linked feature "{identity}". Please rename the import via "as".'
            )
        if feature.alias in self._by_alias:
            other = self._by_alias[feature.alias]
            _check_tag_and_inaccessible(other.url.identity, identity)
            raise _usage(
                f'Cannot link feature "{identity}" as "{feature.alias}" since another feature'
                f' "{other.url.identity}" already uses that alias. Please rename one of them via "as".'
            )

    def _add_import(self, feature: LinkedFeature, imported: Import) -> None:
        identity = feature.url.identity
        self._check_prefix(feature, imported)
        if imported.name.startswith("@"):
            self._check_directive_name(feature, imported)
        for earlier in feature.imports:
            if earlier.name == imported.name and earlier.alias != imported.alias:
                raise _usage(
                    f'Cannot import {imported} from feature "{identity}" since it was previously imported as'
                    f' "{earlier.alias}". Please remove one of the imports.'
                )
        entry = self._by_import.setdefault(imported.alias, (feature, imported))
        other, existing = entry
        if other is not feature:
            _check_tag_and_inaccessible(other.url.identity, identity)
            raise _usage(
                f'Cannot import {imported} from feature "{identity}" since that name was previously imported'
                f' from feature "{other.url.identity}". Please rename one of them via "as".'
            )
        if existing.name != imported.name:
            raise _usage(
                f'Cannot import {imported} from feature "{identity}" since that name was previously imported'
                f' for "{existing.name}". Please rename one of them via "as".'
            )

    def _check_prefix(self, feature: LinkedFeature, imported: Import) -> None:
        split = split_prefixed(imported.alias.removeprefix("@"))
        if split is None:
            return
        prefix, rest = split
        if prefix == feature.alias:
            if rest != imported.name.removeprefix("@"):
                raise _usage(
                    f'Cannot import {imported} from feature "{feature.url.identity}" since it can be'
                    " confused with the"
                    f' namespaced name for "{rest}" of the same feature. Please rename the import via "as".'
                )
        elif prefix in self._by_alias:
            raise self._confusion(feature, imported, self._by_alias[prefix])
        else:
            self._prefixes.setdefault(prefix, imported.alias)

    def _check_directive_name(self, feature: LinkedFeature, imported: Import) -> None:
        name = imported.alias[1:]
        if name == feature.alias:
            if imported.name[1:] != feature.url.name:
                raise _usage(
                    f'Cannot import {imported} from feature "{feature.url.identity}" since it can be confused'
                    f' with the namespaced name for "@{feature.url.name}". Please rename the import via "as".'
                )
        elif name in self._by_alias:
            raise self._confusion(feature, imported, self._by_alias[name])

    @staticmethod
    def _confusion(feature: LinkedFeature, imported: Import, other: LinkedFeature) -> LinkError:
        _check_tag_and_inaccessible(other.url.identity, feature.url.identity)
        return _usage(
            f'Cannot import {imported} from feature "{feature.url.identity}" since it can be confused with a'
            " namespaced name"
            f' from another linked feature "{other.url.identity}". Please rename the import via "as".'
        )


def _usage(message: str) -> LinkError:
    return LinkError(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, message)


def _check_alias(feature: LinkedFeature) -> None:
    alias, identity = feature.alias, feature.url.identity
    advice = 'Please choose another name via "as".'
    is_inherited = not feature.imports and (identity, alias) in (
        (_TAG, "federation__tag"),
        (_INACCESSIBLE, "federation__inaccessible"),
    )
    if "__" in alias and not is_inherited:
        raise _usage(f'Cannot link feature "{identity}" as "{alias}" since it contains "__". {advice}')
    if alias.endswith("_"):
        raise _usage(f'Cannot link feature "{identity}" as "{alias}" since it ends in "_". {advice}')
    if not _NAME.fullmatch(alias):
        raise _usage(
            f'Cannot link feature "{identity}" as "{alias}" since it is not a valid GraphQL name. {advice}'
        )


def _check_tag_and_inaccessible(one: str, other: str) -> None:
    """Raises a `LinkError` with advice if `tag` or `inaccessible` is linked beside federation, which has
    both."""
    identities = {one, other}
    for identity, directive in ((_TAG, "@tag"), (_INACCESSIBLE, "@inaccessible")):
        if identities == {_FEDERATION, identity}:
            raise _usage(
                f'Please import "{directive}" from the feature "{_FEDERATION}" instead of linking'
                f' "{identity}" beside it.'
            )
