"""DIRECTIVE_COMPOSITION_ERROR: `@composeDirective`, with which a subgraph has a directive of its own copied
to the supergraph.

The directive must belong to a linked feature, be the same one in every subgraph, and be none that federation
handles itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.model import AppliedDirective, DirectiveDefinition
from marquee_schema.composition.report import Place, Report
from marquee_schema.composition.report import subgraphs as listed_subgraphs
from marquee_schema.composition.specs.definition import SPECS
from marquee_schema.composition.subgraph.links import LinkedFeature
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.suggestions import did_you_mean

_ERROR = ErrorCode.DIRECTIVE_COMPOSITION_ERROR
_RESERVED = frozenset(
    f"{SPECS}/{name}"
    for name in (
        "core",
        "join",
        "link",
        "tag",
        "inaccessible",
        "federation",
        "authenticated",
        "requiresScopes",
        "source",
        "context",
        "cost",
    )
)
_ALWAYS_COMPOSED = ("tag", "inaccessible", "authenticated", "requiresScopes", "policy", "context")


@dataclass(frozen=True, slots=True)
class _Request:
    """One accepted `@composeDirective`: the directive is called `name` in its subgraph, and `original` in its
    feature."""

    index: int
    application: AppliedDirective
    feature: LinkedFeature
    original: str
    name: str


@dataclass(slots=True)
class ComposedDirectives:
    """The directives that `@composeDirective` names, and which of them are composed."""

    subgraphs: Sequence[SubgraphSchema]
    report: Report
    _granted: dict[str, set[str]] = field(default_factory=dict)
    _origins: dict[str, tuple[str, str]] = field(default_factory=dict)
    _latest: dict[str, tuple[LinkedFeature, list[int]]] = field(default_factory=dict)

    def is_composed(self, subgraph: str, directive: str) -> bool:
        """True if applications of the directive in this subgraph are copied to the supergraph."""
        return directive in self._granted.get(subgraph, ())

    @property
    def names(self) -> frozenset[str]:
        """The names in the supergraph of all directives that are composed."""
        return frozenset(self._origins)

    def is_known(self, directive: str) -> bool:
        """True if any subgraph composes a directive of this name."""
        return directive in self._origins

    def features(self) -> list[tuple[LinkedFeature, dict[str, str]]]:
        """The features to link, each with its directives (name in the supergraph, name in the feature)."""
        found: list[tuple[LinkedFeature, dict[str, str]]] = []
        for identity, (feature, _) in self._latest.items():
            if identity not in _RESERVED:
                names = {name: origin for name, (owner, origin) in self._origins.items() if owner == identity}
                found.append((feature, names))
        return found

    def definition(self, directive: str) -> DirectiveDefinition | None:
        """The definition in the newest version of the feature. Reports an error when no subgraph with that
        version defines the directive."""
        identity, original = self._origins[directive]
        if identity not in self._latest:
            return None
        feature, indexes = self._latest[identity]
        for index in indexes:
            subgraph = self.subgraphs[index]
            linked = subgraph.links.by_identity[identity] if subgraph.links else feature
            definition = subgraph.directives.get(linked.directive_name(original))
            if definition is not None:
                return definition
        names = [self.subgraphs[index].name for index in indexes]
        self._error(
            f'Core feature "{feature.url}" in {listed_subgraphs(names)} does not have a directive definition'
            f' for "@{directive}".',
            [(name, feature.node) for name in names],
        )
        return None

    def collect(self) -> None:
        """Reads all applications; must be called once, before merging."""
        requests = [request for index in range(len(self.subgraphs)) for request in self._requests(index)]
        refused_features = self._choose_versions(requests)
        refused_names = self._check_same_directive(requests) | self._check_same_name(requests)
        for request in requests:
            identity = request.feature.url.identity
            self._origins[request.name] = (identity, request.original)
            granted = self._granted.setdefault(self.subgraphs[request.index].name, set())
            if identity not in refused_features and request.name not in refused_names:
                granted.add(request.name)

    def _error(self, message: str, places: Iterable[Place]) -> None:
        self.report.error(_ERROR, message, places)

    def _requests(self, index: int) -> Iterable[_Request]:
        subgraph = self.subgraphs[index]
        for application in subgraph.definition.all_applied("composeDirective"):
            place = [(subgraph.name, application.node)]
            argument = application.arguments.get("name")
            if not isinstance(argument, str) or not argument:
                self._error(
                    f'Argument to @composeDirective in subgraph "{subgraph.name}" cannot be NULL or an empty'
                    " String.",
                    place,
                )
            elif not argument.startswith("@"):
                self._error(
                    f'Argument to @composeDirective "{argument}" in subgraph "{subgraph.name}" must have a'
                    ' leading "@".',
                    place,
                )
            else:
                request = self._request(index, application, argument[1:])
                if request is not None:
                    yield request

    def _request(self, index: int, application: AppliedDirective, name: str) -> _Request | None:
        subgraph = self.subgraphs[index]
        what = f'Directive "@{name}" in subgraph "{subgraph.name}" cannot be composed because it'
        place = [(subgraph.name, application.node)]
        if name not in subgraph.directives:
            near = did_you_mean(f"@{name}", (f"@{known}" for known in subgraph.directives))
            message = (
                f'Could not find the definition of "@{name}", to be composed from subgraph'
                f' "{subgraph.name}".{near}'
            )
            self._error(message, place)
            return None
        source = subgraph.links.source_of_directive(name) if subgraph.links else None
        if source is None:
            self._error(f"{what} is not a member of a linked feature: add a @link that imports it.", place)
        elif source.name is None:
            self._error(f"{what} is imported to a different name.", place)
        elif source.feature.url.identity in _RESERVED:
            self._refuse_federation(subgraph, application, name)
        else:
            # A custom directive that one subgraph calls `@tag` would collide in the supergraph with
            # federation's `@tag`, which another subgraph calls by that name.
            for automatic in ("tag", "inaccessible"):
                rivals = self._users_of(automatic, name)
                if rivals:
                    message = (
                        f"{what} conflicts with the automatically composed federation directive @{automatic}"
                        " in"
                    )
                    self._error(f"{message} {listed_subgraphs(rivals)}.", place)
                    return None
            return _Request(index, application, source.feature, source.name, name)
        return None

    def _refuse_federation(self, subgraph: SubgraphSchema, application: AppliedDirective, name: str) -> None:
        place = [(subgraph.name, application.node)]
        if subgraph.canonical(name) in _ALWAYS_COMPOSED:
            self.report.hint(
                HintCode.DIRECTIVE_COMPOSITION_INFO,
                f'Directive "@{name}" should not be explicitly composed in subgraph "{subgraph.name}" since'
                " it is a federation directive composed by default.",
                place,
            )
        else:
            self._error(
                f'Composing federation directive "@{name}" in subgraph "{subgraph.name}" is not supported.',
                place,
            )

    def _users_of(self, canonical: str, name: str) -> list[str]:
        """The subgraphs in which a federation directive has this name."""
        return [
            subgraph.name
            for subgraph in self.subgraphs
            if subgraph.federation and subgraph.federation.directive_name(canonical) == name
        ]

    def _linked(self, identity: str) -> list[tuple[int, LinkedFeature]]:
        return [
            (index, subgraph.links.by_identity[identity])
            for index, subgraph in enumerate(self.subgraphs)
            if subgraph.links and identity in subgraph.links.by_identity
        ]

    def _choose_versions(self, requests: Sequence[_Request]) -> set[str]:
        """Picks the newest version of each feature; returns the features that cannot be composed."""
        refused: set[str] = set()
        identities = dict.fromkeys(
            identity
            for subgraph in self.subgraphs
            for identity in (subgraph.links.by_identity if subgraph.links else ())
        )
        for identity in identities:
            users = {request.index for request in requests if request.feature.url.identity == identity}
            latest = self._latest_version(identity, users)
            if latest is None:
                refused.add(identity)
            else:
                same = [i for i, feature in self._linked(identity) if feature.url == latest.url]
                # Like the reference composer, takes the definition of the last subgraph with the newest
                # version.
                self._latest[identity] = (latest, same[::-1])
        return refused

    def _latest_version(self, identity: str, users: set[int]) -> LinkedFeature | None:
        """The newest of the versions that are composed, when they share a major version."""
        linked = self._linked(identity)
        composed = [feature for index, feature in linked if index in users]
        places = [(self.subgraphs[index].name, feature.node) for index, feature in linked]
        if len({feature.url.version.major for feature in composed}) > 1:
            message = (
                f'Core feature "{identity}" requested to be merged has major version mismatch across'
                " subgraphs."
            )
            self._error(message, places)
            return None
        if len({feature.url.version.major for _, feature in linked}) > 1:
            self.report.hint(
                HintCode.DIRECTIVE_COMPOSITION_INFO,
                f'Non-composed core feature "{identity}" has major version mismatch across subgraphs.',
                places,
            )
        return max(composed, key=lambda feature: feature.url.version, default=None)

    def _check_same_directive(self, requests: Sequence[_Request]) -> set[str]:
        """One name must be one directive of one feature."""
        refused: set[str] = set()
        by_name: dict[str, list[_Request]] = {}
        for request in requests:
            by_name.setdefault(request.name, []).append(request)
        for name, same in by_name.items():
            places = self._places(same)
            if len({request.original for request in same}) > 1:
                refused.add(name)
                message = (
                    f'Composed directive "@{name}" does not refer to the same directive in every subgraph.'
                )
                self._error(message, places)
            if len({request.feature.url.identity for request in same}) > 1:
                refused.add(name)
                message = (
                    f'Composed directive "@{name}" is not linked by the same core feature in every subgraph.'
                )
                self._error(message, places)
        return refused

    def _check_same_name(self, requests: Sequence[_Request]) -> set[str]:
        """One directive must have one name, at least wherever it is composed."""
        refused: set[str] = set()
        by_original: dict[str, list[_Request]] = {}
        for request in requests:
            by_original.setdefault(request.original, []).append(request)
        for original, same in by_original.items():
            names = {request.name for request in same}
            if len(names) > 1:
                refused |= names
                used = ", ".join(f'"@{r.name}" in subgraph "{self.subgraphs[r.index].name}"' for r in same)
                message = f"Composed directive is not named consistently in all subgraphs: it is {used}."
                self._error(message, self._places(same))
            self._hint_other_names(original, same)
        return refused

    def _hint_other_names(self, original: str, same: Sequence[_Request]) -> None:
        first = same[0]
        composing = {request.index for request in same}
        others: list[Place] = []
        for index, feature in self._linked(first.feature.url.identity):
            imported = next((i for i in feature.imports if i.name == f"@{original}"), None)
            # A subgraph that does not compose the directive may call it as it likes, for now.
            if index not in composing and imported is not None and imported.alias != f"@{first.name}":
                others.append((self.subgraphs[index].name, feature.node))
        if others:
            self.report.hint(
                HintCode.DIRECTIVE_COMPOSITION_WARN,
                f'Composed directive "@{original}" is named differently in'
                f" {listed_subgraphs(name for name, _ in others)},"
                " which does not compose it: consistent naming will be required to compose it there too.",
                others,
            )

    def _places(self, requests: Iterable[_Request]) -> list[Place]:
        return [(self.subgraphs[r.index].name, r.application.node) for r in requests]
