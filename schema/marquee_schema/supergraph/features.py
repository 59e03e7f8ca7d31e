"""The specifications that a supergraph links, and their names there: `@link` and `@core`.

Refuses a specification that is linked as necessary for execution or security and that this engine does not
know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    DirectiveNode,
    DocumentNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    value_from_ast_untyped,
)

from marquee_schema.supergraph.errors import SupergraphError, error_at

_URL = re.compile(r"^(?P<identity>.*?/(?P<name>[A-Za-z_][\w-]*))/v(?P<major>\d+)\.(?P<minor>\d+)/?$")
_KNOWN = frozenset(
    {
        "link",
        "core",
        "join",
        "tag",
        "inaccessible",
        "authenticated",
        "requiresScopes",
        "policy",
        "cost",
        "context",
        "federation",
    }
)
_JOIN_VERSIONS = frozenset({(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (0, 6)})
_APOLLO = "https://specs.apollo.dev/"


@dataclass(frozen=True, slots=True)
class Feature:
    """A linked specification and its local name; `imports` maps names in the specification to local ones,
    both with `@` for directives."""

    name: str
    local_name: str
    version: tuple[int, int]
    imports: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Features:
    """All linked specifications: Apollo's by their name, others by their URL."""

    by_name: Mapping[str, Feature]

    def directive(self, feature: str, name: str) -> str | None:
        """The local name of a directive of a feature; None when the feature is not linked."""
        linked = self.by_name.get(feature)
        if linked is None:
            return None
        imported = linked.imports.get(f"@{name}")
        if imported is not None:
            return imported.removeprefix("@")
        # A feature linked as `tag` has the directives `@tag` and, for any other name, `@tag__name`.
        return linked.local_name if name == feature else f"{linked.local_name}__{name}"

    def is_feature_element(self, name: str) -> bool:
        """True if a name (without `@`) belongs to a linked specification and not to the graph."""
        return any(name.startswith(f"{linked.local_name}__") for linked in self.by_name.values())

    def is_feature_directive(self, name: str) -> bool:
        """True if a directive (without `@`) belongs to a linked specification."""
        for linked in self.by_name.values():
            if name == linked.local_name or f"@{name}" in linked.imports.values():
                return True
        return self.is_feature_element(name)

    def imported_types(self) -> frozenset[str]:
        """The types of linked specifications that are imported under a name without a prefix."""
        return frozenset(
            local
            for linked in self.by_name.values()
            for local in linked.imports.values()
            if not local.startswith("@")
        )


def read_features(document: DocumentNode) -> Features:
    """Reads the links of the schema definition. Raises `SupergraphError` if none is to a known version of
    `join`."""
    found: dict[str, Feature] = {}
    for definition in document.definitions:
        if isinstance(definition, SchemaDefinitionNode | SchemaExtensionNode):
            for directive in definition.directives or ():
                feature = _read_link(directive)
                if feature is not None:
                    found[feature.name] = feature
    join = found.get("join")
    if join is None:
        raise SupergraphError("not a supergraph: the schema links no join specification")
    if join.version not in _JOIN_VERSIONS:
        major, minor = join.version
        raise SupergraphError(f"join v{major}.{minor} is not known here (v0.1 to v0.6 are)")
    return Features(found)


def _read_link(directive: DirectiveNode) -> Feature | None:
    arguments = {a.name.value: value_from_ast_untyped(a.value) for a in directive.arguments or ()}
    url = arguments.get("url", arguments.get("feature"))
    if not isinstance(url, str):
        return None
    match = _URL.match(url)
    if match is None:
        if arguments.get("for") is not None:
            raise error_at(f'"{url}" is no specification URL', directive)
        return None
    apollo = url.startswith(_APOLLO)
    name = match["name"] if apollo else match["identity"]
    # To ignore such a specification would give wrong answers, or answers to clients who must not see them.
    if arguments.get("for") in ("EXECUTION", "SECURITY") and not (apollo and name in _KNOWN):
        raise error_at(f'"{url}" is needed for {arguments["for"]} and not known here', directive)
    local = arguments.get("as")
    imports: dict[str, str] = {}
    for item in arguments.get("import") or ():
        if isinstance(item, str):
            imports[item] = item
        elif isinstance(item, dict) and isinstance(item.get("name"), str):
            imports[item["name"]] = item.get("as") or item["name"]
    return Feature(
        name=name,
        local_name=local if isinstance(local, str) else match["name"],
        version=(int(match["major"]), int(match["minor"])),
        imports=imports,
    )
