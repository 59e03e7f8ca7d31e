"""The features that a schema links to, beginning with the link specification itself."""

from collections.abc import Mapping, Sequence

from graphql import DirectiveNode

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.specs.definition import FeatureUrl, InvalidFeatureUrlError
from marquee_schema.composition.specs.federation import FEDERATION_IDENTITY
from marquee_schema.composition.specs.known import known_feature
from marquee_schema.composition.specs.link import CORE_IDENTITY, LINK, LINK_IDENTITY
from marquee_schema.composition.subgraph.link_directive import LinkErrors, read_feature
from marquee_schema.composition.subgraph.links import LinkedFeature, LinkError, Links
from marquee_schema.composition.values import Value, value_of


def arguments_of(node: DirectiveNode) -> dict[str, Value]:
    """The arguments of a directive application."""
    return {argument.name.value: value_of(argument.value) for argument in node.arguments or ()}


def link_features(directives: Sequence[DirectiveNode], report: SubgraphReport) -> Links | None:
    """The features that the schema's own directives link to.

    None when the schema does not use `@link` of the link specification, which it does by linking to `link`,
    `core` or federation.
    """
    applications = [(node, arguments_of(node)) for node in directives]
    bootstrap = _bootstrap(applications)
    links = Links()
    if bootstrap is None:
        if not any(_is_federation_link(node, arguments) for node, arguments in applications):
            return None
        links.add(LinkedFeature(LINK.url, LINK.url.name))
        name, url_argument = LINK.url.name, "url"
    else:
        node, arguments, url_argument = bootstrap
        name = node.name.value
        if not _add(links, arguments, node, url_argument, report):
            return links
        if not _is_known_version(links, report, node):
            return links
    for node, arguments in applications:
        if node.name.value != name or (bootstrap and node is bootstrap[0]):
            continue
        # The first link to the link specification names its directive; a second one would name another.
        if _bootstraps(node, arguments):
            report.error(
                ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, "Invalid duplicate application of @core/@link.", node
            )
            continue
        _add(links, arguments, node, url_argument, report)
    _check_federation_version(links, report)
    return links


def _add(
    links: Links,
    arguments: Mapping[str, Value],
    node: DirectiveNode,
    url_argument: str,
    report: SubgraphReport,
) -> bool:
    try:
        links.add(read_feature(arguments, node, url_argument))
    except LinkErrors as errors:
        for error in errors.errors:
            report.error(error.code, error.message, node)
        return False
    except LinkError as error:
        report.error(error.code, error.message, node)
        return False
    return True


def _bootstrap(
    applications: Sequence[tuple[DirectiveNode, Mapping[str, Value]]],
) -> tuple[DirectiveNode, Mapping[str, Value], str] | None:
    for node, arguments in applications:
        url_argument = _bootstraps(node, arguments)
        if url_argument:
            return node, arguments, url_argument
    return None


def _bootstraps(node: DirectiveNode, arguments: Mapping[str, Value]) -> str | None:
    """The name of the URL argument if this application links to the link specification itself; else None."""
    name = node.name.value
    for url_argument, identity, default in (
        ("url", LINK_IDENTITY, "link"),
        ("feature", CORE_IDENTITY, "core"),
    ):
        url = _url(arguments.get(url_argument))
        if url is not None and url.identity == identity and name == arguments.get("as", default):
            return url_argument
    return None


def _url(value: Value) -> FeatureUrl | None:
    if not isinstance(value, str):
        return None
    try:
        return FeatureUrl.parse(value)
    except InvalidFeatureUrlError:
        return None


def _is_federation_link(node: DirectiveNode, arguments: Mapping[str, Value]) -> bool:
    url = arguments.get("url")
    return node.name.value == LINK.url.name and isinstance(url, str) and url.startswith(FEDERATION_IDENTITY)


def _is_known_version(links: Links, report: SubgraphReport, node: DirectiveNode) -> bool:
    (feature,) = links.by_identity.values()
    if known_feature(feature.url) is not None:
        return True
    report.error(
        ErrorCode.UNKNOWN_LINK_VERSION,
        f"Schema uses unknown version {feature.url.version} of the {feature.url.name} specification.",
        node,
    )
    return False


def _check_federation_version(links: Links, report: SubgraphReport) -> None:
    federation = links.by_identity.get(FEDERATION_IDENTITY)
    if federation is not None and known_feature(federation.url) is None:
        report.error(
            ErrorCode.UNKNOWN_FEDERATION_LINK_VERSION,
            f"Invalid version {federation.url.version} for the federation feature in @link directive on"
            " schema.",
            federation.node,
        )
