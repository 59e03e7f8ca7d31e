"""ROOT_QUERY_USED, ROOT_MUTATION_USED and ROOT_SUBSCRIPTION_USED: root types have their default names in the
supergraph, so no other type of a subgraph may have one of them."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import DEFAULT_ROOT_NAMES, CompositeType, NamedType, UnionType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.type_reference import TypeReference, base_name

_CODES = {
    "query": ErrorCode.ROOT_QUERY_USED,
    "mutation": ErrorCode.ROOT_MUTATION_USED,
    "subscription": ErrorCode.ROOT_SUBSCRIPTION_USED,
}


def rename_root_types(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Gives each root type its default name: `schema { query: RootQuery }` becomes `Query`. Reports another
    type with that name."""
    for operation, default in DEFAULT_ROOT_NAMES.items():
        name = schema.roots.get(operation, default)
        if name == default:
            continue
        other = schema.types.get(default)
        if other is not None:
            report.error(
                _CODES[operation],
                f'The schema has a type named "{default}", but its {operation} root type is "{name}": rename'
                f' the type "{default}", since the root type takes that name in the supergraph.',
                schema.types[name].node,
                other.node,
            )
            continue
        _rename(schema, name, default)
        schema.roots[operation] = default


def _rename(schema: SubgraphSchema, old: str, new: str) -> None:
    schema.types = {new if name == old else name: target for name, target in schema.types.items()}
    schema.types[new].name = new
    for candidate in schema.types.values():
        _rename_references(candidate, old, new)
    schema.structure_changed()


def _rename_references(candidate: NamedType, old: str, new: str) -> None:
    if isinstance(candidate, CompositeType):
        for field in candidate.fields.values():
            field.type = _renamed(field.type, old, new)
    elif isinstance(candidate, UnionType) and old in candidate.members:
        candidate.members = {new if name == old else name: node for name, node in candidate.members.items()}


def _renamed(reference: TypeReference, old: str, new: str) -> TypeReference:
    return reference.replace(old, new) if base_name(reference) == old else reference
