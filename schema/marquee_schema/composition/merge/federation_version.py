"""The federation version that the supergraph needs: the newest that a subgraph links to or implies.

Hint IMPLICITLY_UPGRADED_FEDERATION_VERSION.
"""

from collections.abc import Sequence

from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.report import Report
from marquee_schema.composition.specs.definition import Version
from marquee_schema.composition.specs.federation import LATEST_MINOR
from marquee_schema.composition.specs.known import known_feature
from marquee_schema.composition.subgraph.schema import SubgraphSchema


def federation_version_used(subgraphs: Sequence[SubgraphSchema], report: Report) -> Version:
    """The newest version over all subgraphs."""
    versions = [_version_of(subgraph, report) for subgraph in subgraphs]
    return max((version for version in versions if version), default=Version(2, LATEST_MINOR))


def _version_of(subgraph: SubgraphSchema, report: Report) -> Version | None:
    """The version that the subgraph links to, or a newer one that one of its linked features needs."""
    linked = subgraph.federation_version
    if linked is None or subgraph.links is None:
        return linked
    implied = linked
    cause = None
    for feature in subgraph.links.by_identity.values():
        spec = known_feature(feature.url)
        # `@cost` needs federation 2.9, even where the subgraph links 2.3 and `cost` on its own.
        if spec is not None and spec.minimum_federation and spec.minimum_federation > implied:
            implied, cause = spec.minimum_federation, feature
    if cause is not None:
        report.hint(
            HintCode.IMPLICITLY_UPGRADED_FEDERATION_VERSION,
            f'Subgraph "{subgraph.name}" has been implicitly upgraded from federation {linked} to {implied},'
            f" which the feature {cause.url} needs.",
            [(subgraph.name, cause.node)],
        )
    return implied
