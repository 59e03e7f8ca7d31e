"""The upgrade of every Federation 1 subgraph. INTERFACE_OBJECT_USAGE_ERROR when an interface object meets a
key on the interface that had no effect."""

from collections.abc import Sequence

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.report import Report, SubgraphReport
from marquee_schema.composition.report import subgraphs as listed_subgraphs
from marquee_schema.composition.specs.federation import AUTO_EXPANDED, FEDERATION_1, federation_spec
from marquee_schema.composition.specs.link import LINK
from marquee_schema.composition.subgraph.completion import add_elements
from marquee_schema.composition.subgraph.document_builder import build_subgraph_schema
from marquee_schema.composition.subgraph.links import Import, LinkedFeature, LinkError, Links
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.traversal import directive_sites
from marquee_schema.composition.upgrade.directives import (
    fix_field_set_arguments,
    remove_directives_on_interfaces,
    remove_inactive_selections,
    remove_provides_on_leaves,
    remove_tags_on_external,
)
from marquee_schema.composition.upgrade.extensions import check_extensions_have_base, remove_extensions
from marquee_schema.composition.upgrade.external import (
    remove_external_on_extensions,
    remove_external_on_interfaces,
    remove_external_on_types,
    remove_unused_external,
)
from marquee_schema.composition.upgrade.originals import Originals
from marquee_schema.composition.upgrade.shareable import add_shareable
from marquee_schema.composition.validation.root_types import rename_root_types
from marquee_schema.composition.validation.subgraph import validate_subgraph


def upgrade_subgraphs(subgraphs: Sequence[SubgraphSchema], report: Report) -> list[SubgraphSchema]:
    """The same subgraphs, all in Federation 2; those that were already are unchanged."""
    if all(subgraph.federation is not None for subgraph in subgraphs):
        return list(subgraphs)
    originals = Originals(subgraphs)
    interface_keys: dict[str, list[str]] = {}
    upgraded: list[SubgraphSchema] = []
    for subgraph in subgraphs:
        if subgraph.federation is not None:
            upgraded.append(subgraph)
            continue
        schema, interfaces = _upgrade(subgraph, originals, report)
        upgraded.append(schema)
        for name in interfaces:
            interface_keys.setdefault(name, []).append(subgraph.name)
    _check_interface_objects(subgraphs, interface_keys, report)
    return upgraded


def _upgrade(
    subgraph: SubgraphSchema, originals: Originals, report: Report
) -> tuple[SubgraphSchema, list[str]]:
    """The upgraded subgraph, and the names of the interfaces that had keys."""
    own = SubgraphReport(report, subgraph.name)
    before = len(report.problems)
    # Built anew from the document: the schema that was read is still needed as the original.
    schema = build_subgraph_schema(
        subgraph.name, subgraph.url, subgraph.document, SubgraphReport(Report(), "")
    )
    rename_root_types(schema, SubgraphReport(Report(), ""))
    _link_to_federation_2(schema, own)
    if len(report.problems) > before:
        return schema, []
    check_extensions_have_base(schema, originals, own)
    fix_field_set_arguments(schema)
    remove_external_on_interfaces(schema)
    remove_external_on_types(schema)
    remove_external_on_extensions(schema, originals)
    remove_inactive_selections(schema)
    remove_extensions(schema)
    interfaces = remove_directives_on_interfaces(schema)
    remove_provides_on_leaves(schema)
    schema.structure_changed()
    # The steps depend on each other: only after inactive selections are gone is it known which external
    # fields nothing uses.
    remove_unused_external(schema, own)
    schema.structure_changed()
    add_shareable(schema, subgraph, originals)
    remove_tags_on_external(schema, originals)
    schema.structure_changed()
    if len(report.problems) == before:
        validate_subgraph(schema, report)
    return schema, interfaces


def _link_to_federation_2(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Links the schema to a Federation 2 version, with all of its elements imported."""
    spec = federation_spec(AUTO_EXPANDED)
    assert spec is not None
    for name in FEDERATION_1.directives:
        schema.directives.pop(name, None)
    for name in FEDERATION_1.types:
        schema.types.pop(f"_{name}", None)
    if schema.links is None:
        schema.links = Links()
        schema.links.add(LinkedFeature(LINK.url, "link" if "link" not in schema.directives else "link1"))
    imports = tuple(Import(f"@{name}", f"@{name}") for name in spec.directives)
    feature = LinkedFeature(spec.url, spec.url.name, imports)
    try:
        schema.links.add(feature)
    except LinkError as error:
        report.error(error.code, error.message)
        return
    add_elements(schema, spec, feature, report)
    schema.canonical_names = {name: name for name in spec.directives}
    for element, _ in directive_sites(schema):
        for applied in element.directives:
            applied.canonical = schema.canonical(applied.name)


def _check_interface_objects(
    subgraphs: Sequence[SubgraphSchema], interface_keys: dict[str, list[str]], report: Report
) -> None:
    for name, with_keys in interface_keys.items():
        users = [s.name for s in subgraphs if s.is_interface_object(s.types.get(name))]
        if users:
            report.error(
                ErrorCode.INTERFACE_OBJECT_USAGE_ERROR,
                f'The @interfaceObject directive is used on type "{name}" in {listed_subgraphs(users)}, but'
                f" the interface has a @key in {listed_subgraphs(with_keys)}, which is Federation 1, where"
                " keys on interfaces have no effect: migrate it to Federation 2 first.",
            )
