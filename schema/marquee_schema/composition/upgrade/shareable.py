"""`@shareable` where Federation 1 shared implicitly: value types, root types, and entity fields of several
subgraphs."""

from marquee_schema.composition.model import AppliedDirective
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.upgrade.originals import Originals


def add_shareable(schema: SubgraphSchema, original: SubgraphSchema, originals: Originals) -> None:
    """Marks fields of entities and root types that other subgraphs resolve too, and value types that others
    define."""
    for candidate in schema.objects():
        # An event stream has one source, so a subscription field is never shared.
        if schema.roots.get("subscription") == candidate.name:
            continue
        if candidate.applied("key") or schema.is_root(candidate.name):
            before = original.composite(candidate.name)
            for field in candidate.fields.values():
                as_written = before.fields.get(field.name) if before else None
                if as_written is not None and original.facts.is_shareable(as_written):
                    continue
                if not field.applied("shareable") and originals.is_resolved_elsewhere(schema.name, field):
                    field.directives.append(AppliedDirective("shareable", {}, "shareable"))
        elif not candidate.applied("shareable") and any(originals.elsewhere(schema.name, candidate.name)):
            candidate.directives.append(AppliedDirective("shareable", {}, "shareable"))
