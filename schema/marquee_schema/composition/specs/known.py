"""The specifications that this composer knows, whose definitions it can add, check and compose."""

from marquee_schema.composition.specs.access_control import (
    AUTHENTICATED_VERSIONS,
    POLICY_VERSIONS,
    REQUIRES_SCOPES_VERSIONS,
)
from marquee_schema.composition.specs.context import CONTEXT_VERSIONS
from marquee_schema.composition.specs.cost import COST_VERSIONS
from marquee_schema.composition.specs.definition import FeatureSpec, FeatureUrl
from marquee_schema.composition.specs.federation import FEDERATION_VERSIONS
from marquee_schema.composition.specs.inaccessible import INACCESSIBLE_VERSIONS
from marquee_schema.composition.specs.link import CORE_VERSIONS, LINK_VERSIONS
from marquee_schema.composition.specs.tag import TAG_VERSIONS

_KNOWN: dict[FeatureUrl, FeatureSpec] = {
    spec.url: spec
    for versions in (
        LINK_VERSIONS,
        CORE_VERSIONS,
        FEDERATION_VERSIONS,
        TAG_VERSIONS,
        INACCESSIBLE_VERSIONS,
        AUTHENTICATED_VERSIONS,
        REQUIRES_SCOPES_VERSIONS,
        POLICY_VERSIONS,
        CONTEXT_VERSIONS,
        COST_VERSIONS,
    )
    for spec in versions
}


def known_feature(url: FeatureUrl) -> FeatureSpec | None:
    """The specification of a feature URL; None for one that is not known here."""
    return _KNOWN.get(url)
