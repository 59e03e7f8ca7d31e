"""The rules that `@key`, `@requires` and `@provides` share: a field set must be valid on its type.

The codes begin with the directive's name: *_INVALID_FIELDS_TYPE, *_INVALID_FIELDS, *_DIRECTIVE_IN_FIELDS_ARG,
*_FIELDS_HAS_ARGS and *_FIELDS_MISSING_EXTERNAL.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import AppliedDirective, Element, Field, InterfaceType, NamedType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.selected_fields import (
    Resolved,
    ResolvedFragment,
    UnknownFieldError,
    aliases,
    resolve,
)
from marquee_schema.composition.specs.built_in import BUILT_IN_DIRECTIVES
from marquee_schema.composition.subgraph.federation_directives import implementing_fields
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.values import EnumLiteral
from marquee_schema.field_set import FieldSet, FieldSetError, parse_field_set


class ForbiddenFieldError(FieldSetError):
    """A field that the directive may not select, with the code to report."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class FieldSetRule:
    """The rules for the field sets of one directive. A rule whose code is None does not apply."""

    directive: str
    invalid_type: ErrorCode
    invalid_fields: ErrorCode
    directive_in_fields: ErrorCode
    has_arguments: ErrorCode | None = None
    missing_external: ErrorCode | None = None
    on_field: Callable[[Field], None] | None = None

    def check(
        self,
        schema: SubgraphSchema,
        parent: NamedType,
        owner: Element,
        applied: AppliedDirective,
        report: SubgraphReport,
    ) -> None:
        """Reports everything wrong with the field set of one application on `owner`; the fields are those of
        `parent`."""
        what = (
            f'On {"field" if isinstance(owner, Field) else "type"} "{owner.coordinate}", for'
            f" {describe(applied)}"
        )
        text = applied.arguments.get("fields")
        if not isinstance(text, str) or isinstance(text, EnumLiteral):
            report.error(
                self.invalid_type,
                f'{what}: invalid value for argument "fields": must be a string.',
                applied.node,
            )
            return
        try:
            selections = parse_field_set(text)
            _check_directives_known(schema, selections)
            resolved = resolve(schema, parent, selections, self.on_field, _is_contextual)
            for alias in aliases(selections):
                raise FieldSetError(
                    f'Cannot use alias "{alias}": aliases are not supported in @{self.directive}'
                )
        except ForbiddenFieldError as error:
            report.error(error.code, f"{what}: {error}.", applied.node)
        except FieldSetError as error:
            message = str(error).removesuffix(".") + (
                self._advice() if isinstance(error, UnknownFieldError) else ""
            )
            report.error(self.invalid_fields, f"{what}: {message}.", applied.node)
        else:
            for code, message, field in self._selection_problems(schema, resolved, has_external_above=False):
                report.error(code, f"{what}: {message}.", applied.node, field.node if field else None)

    def _advice(self) -> str:
        if self.directive == "key":
            return (
                " (the field should either be added to this subgraph or, if it should not be resolved by this"
                " subgraph, be added to it with @external)"
            )
        return " (if the field is defined in another subgraph, it must be in this one too, marked @external)"

    def _selection_problems(
        self, schema: SubgraphSchema, resolved: Sequence[Resolved], *, has_external_above: bool
    ) -> Iterator[tuple[ErrorCode, str, Field | None]]:
        for item in resolved:
            if item.selection.directives:
                names = ", ".join(f"@{name}" for name in item.selection.directives)
                yield (
                    self.directive_in_fields,
                    f"directives cannot be applied inside @{self.directive}: {names}",
                    None,
                )
            if isinstance(item, ResolvedFragment):
                yield from self._selection_problems(
                    schema, item.children, has_external_above=has_external_above
                )
                continue
            field = item.definition
            is_external = field is not None and schema.facts.is_external(field)
            if self.has_arguments and field is not None and field.arguments:
                yield (
                    self.has_arguments,
                    f'field "{field.coordinate}" cannot be included because it has arguments',
                    field,
                )
            if not item.selection.selections:
                # Only leaves must be external: with `@requires(fields: "owner { name }")`, `owner` may be
                # resolved here. Below an external field, everything is external.
                if self.missing_external and not is_external and not has_external_above:
                    yield self.missing_external, self._not_external(schema, field), field
            else:
                above = (
                    has_external_above
                    or is_external
                    or (field is not None and _implemented_external(schema, field))
                )
                yield from self._selection_problems(schema, item.children, has_external_above=above)

    def _not_external(self, schema: SubgraphSchema, field: Field | None) -> str:
        name = field.coordinate if field else "__typename"
        if field is not None and schema.facts.is_fake_external(field):
            return (
                f'field "{name}" should not be part of a @{self.directive} since this subgraph already'
                " provides it (although marked @external, it is a @key field of an extension type, which does"
                " not count as external)"
            )
        return (
            f'field "{name}" should not be part of a @{self.directive} since this subgraph already provides'
            " it (it is not marked @external)"
        )


def describe(applied: AppliedDirective) -> str:
    """The directive as it is written, with its field set."""
    fields = applied.arguments.get("fields")
    return f'@{applied.name}(fields: "{fields}")'


def _is_contextual(argument: Element) -> bool:
    return argument.applied("fromContext") is not None


def _implemented_external(schema: SubgraphSchema, field: Field) -> bool:
    """True if an interface's field is external in one of the types that implement it."""
    return isinstance(field.parent, InterfaceType) and any(
        schema.facts.is_external(implementing) for implementing in implementing_fields(schema, field)
    )


def _check_directives_known(schema: SubgraphSchema, selections: FieldSet) -> None:
    for item in selections:
        for name in item.directives:
            if name not in schema.directives and name not in BUILT_IN_DIRECTIVES:
                raise FieldSetError(f'Unknown directive "@{name}"')
        _check_directives_known(schema, item.selections)
