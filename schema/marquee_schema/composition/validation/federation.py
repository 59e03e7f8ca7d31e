"""The federation rules for one subgraph, in the order in which they report."""

from collections.abc import Callable

from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.validation.access_control import check_access_control
from marquee_schema.composition.validation.contexts import check_contexts
from marquee_schema.composition.validation.cost import check_cost
from marquee_schema.composition.validation.external import check_external
from marquee_schema.composition.validation.interface_keys import check_interface_keys
from marquee_schema.composition.validation.interface_objects import check_interface_objects
from marquee_schema.composition.validation.keys import check_keys
from marquee_schema.composition.validation.list_size import check_list_size
from marquee_schema.composition.validation.provides import check_provides
from marquee_schema.composition.validation.requires import check_requires
from marquee_schema.composition.validation.shareable import check_shareable
from marquee_schema.composition.validation.tag import check_tag_definition

FederationRule = Callable[[SubgraphSchema, SubgraphReport], None]

FEDERATION_RULES: tuple[FederationRule, ...] = (
    check_keys,
    check_requires,
    check_provides,
    check_contexts,
    check_external,
    check_interface_keys,
    check_interface_objects,
    check_tag_definition,
    check_shareable,
    check_cost,
    check_list_size,
    check_access_control,
)
