"""The federation rules of one subgraph, in the order they are reported."""

from collections.abc import Callable

from schema.composition.report import SubgraphReport
from schema.composition.subgraph.schema import SubgraphSchema
from schema.composition.validation.access_control import check_access_control
from schema.composition.validation.contexts import check_contexts
from schema.composition.validation.cost import check_cost
from schema.composition.validation.external import check_external
from schema.composition.validation.interface_keys import check_interface_keys
from schema.composition.validation.interface_objects import check_interface_objects
from schema.composition.validation.keys import check_keys
from schema.composition.validation.list_size import check_list_size
from schema.composition.validation.provides import check_provides
from schema.composition.validation.requires import check_requires
from schema.composition.validation.shareable import check_shareable
from schema.composition.validation.tag import check_tag_definition

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
