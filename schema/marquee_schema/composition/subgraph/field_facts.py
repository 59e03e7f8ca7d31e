"""The facts about each field that follow from several directives of a subgraph: external, provided,
shareable, used."""

from collections.abc import Iterator

from marquee_schema.composition.model import (
    AppliedDirective,
    CompositeType,
    Field,
    NamedType,
    Schema,
    UnionType,
)
from marquee_schema.composition.selected_fields import fields_selected
from marquee_schema.composition.subgraph.context_argument import parse_context_argument
from marquee_schema.composition.subgraph.federation_directives import (
    implementing_fields,
    is_key_extension,
    target_fields,
)
from marquee_schema.composition.type_reference import base_name
from marquee_schema.field_set import FieldSetError, parse_field_set


class FieldFacts:
    """The facts about the fields of one schema, computed on demand. A changed schema needs new facts."""

    def __init__(self, schema: Schema, *, is_federation_2: bool) -> None:
        self._schema = schema
        self._is_federation_2 = is_federation_2
        self._marked_external: set[Field] | None = None
        self._fake_external: set[Field] = set()
        self._provided: set[Field] = set()
        self._shareable: set[Field] | None = None
        self._used: set[Field] | None = None

    def is_external(self, field: Field) -> bool:
        """True if another subgraph resolves the field, and this one only declares it."""
        return field in self._external()

    def is_fake_external(self, field: Field) -> bool:
        """True if `@external` marks a key field of a type extension, which the subgraph resolves all the
        same.

        Federation 1 demanded this mark: `extend type Book @key(fields: "id") { id: ID! @external }`.
        """
        self._external()
        return field in self._fake_external

    def is_fully_external(self, field: Field) -> bool:
        """True if this subgraph never resolves the field, not even where it provides it."""
        return field in self._external() and field not in self._provided

    def is_shareable(self, field: Field) -> bool:
        """True if other subgraphs may resolve the field too: key fields, fields marked `@shareable`, and
        provided ones."""
        if self._shareable is None:
            self._shareable = set(self._find_shareable())
        return field in self._shareable

    def is_used(self, field: Field) -> bool:
        """True if a federation directive or an interface needs the field to be declared."""
        if self._used is None:
            self._used = set(self._find_used())
        return field in self._used

    def are_all_external(self, candidate: CompositeType) -> bool:
        """True if the subgraph resolves no field of the type."""
        external = self._external()
        return all(field in external for field in candidate.fields.values())

    def _external(self) -> set[Field]:
        if self._marked_external is None:
            # Order matters: what is provided and what is only written as external must be known before
            # `is_external` is.
            self._fake_external = set(self._find_fake_external())
            self._provided = set(self._find_provided())
            self._marked_external = set(self._find_external()) - self._fake_external
        return self._marked_external

    def _find_external(self) -> Iterator[Field]:
        for candidate in self._schema.composites():
            on_type = self._is_federation_2 and candidate.applied("external") is not None
            for field in candidate.fields.values():
                if on_type or (field.directives and field.applied("external")):
                    yield field

    def _find_fake_external(self) -> Iterator[Field]:
        for owner, key in self._keys():
            if is_key_extension(owner, key):
                for field in target_fields(self._schema, owner, key, with_implementations=False):
                    if field.applied("external"):
                        yield field

    def _find_provided(self) -> Iterator[Field]:
        for field, provides in self._on_fields("provides"):
            target = self._composite_target(field)
            if target is not None:
                yield from target_fields(self._schema, target, provides, with_implementations=True)

    def _find_shareable(self) -> Iterator[Field]:
        for owner, key in self._keys():
            yield from target_fields(self._schema, owner, key, with_implementations=True)
        for candidate in self._schema.objects():
            # `@shareable` on a type holds for the fields of that declaration only, not for those that an
            # `extend type` adds.
            whole = {id(applied.extension) for applied in candidate.all_applied("shareable")}
            for field in candidate.fields.values():
                if (whole and id(field.extension) in whole) or field.applied("shareable"):
                    yield field
        self._external()
        yield from (field for field in self._provided if self.is_external(field))

    def _find_used(self) -> Iterator[Field]:
        for owner, key in self._keys():
            yield from target_fields(self._schema, owner, key, with_implementations=True)
        for field, requires in self._on_fields("requires"):
            yield from target_fields(self._schema, field.parent, requires, with_implementations=True)
        for field, provides in self._on_fields("provides"):
            target = self._composite_target(field)
            if target is not None:
                yield from target_fields(self._schema, target, provides, with_implementations=True)
        yield from self._find_used_by_contexts()
        for interface in self._schema.interfaces():
            for field in interface.fields.values():
                yield from implementing_fields(self._schema, field)

    def _find_used_by_contexts(self) -> Iterator[Field]:
        setters: dict[str, list[NamedType]] = {}
        for candidate in self._schema.types.values():
            for applied in candidate.all_applied("context"):
                setters.setdefault(str(applied.arguments.get("name")), []).append(candidate)
        if not setters:
            return
        for candidate in self._schema.composites():
            for field in candidate.fields.values():
                for argument in field.arguments.values():
                    from_context = argument.applied("fromContext")
                    if from_context is not None:
                        text = from_context.arguments.get("field")
                        context, selection = parse_context_argument(text)
                        for setter in setters.get(context or "", ()):
                            yield from self._selected(setter, selection or "")

    def _selected(self, parent: NamedType, selection: str) -> Iterator[Field]:
        try:
            for field in fields_selected(self._schema, parent, parse_field_set(selection)):
                yield field
                yield from implementing_fields(self._schema, field)
        except FieldSetError:
            return

    def _keys(self) -> Iterator[tuple[CompositeType, AppliedDirective]]:
        for candidate in self._schema.composites():
            for key in candidate.all_applied("key"):
                yield candidate, key

    def _on_fields(self, canonical: str) -> Iterator[tuple[Field, AppliedDirective]]:
        for candidate in self._schema.composites():
            for field in candidate.fields.values():
                if field.directives:
                    for applied in field.all_applied(canonical):
                        yield field, applied

    def _composite_target(self, field: Field) -> NamedType | None:
        target = self._schema.types.get(base_name(field.type))
        return target if isinstance(target, CompositeType | UnionType) else None
