"""INVALID_SHAREABLE_USAGE: `@shareable` is for fields of objects, once on each declaration."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import Field, InterfaceType, ObjectType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.subgraph.schema import SubgraphSchema


def check_shareable(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Checks every `@shareable` of the subgraph."""
    # An interface's fields are not resolved, and each declaration of a type may carry the directive once.
    for candidate in schema.composites():
        if isinstance(candidate, ObjectType):
            _check_repeated(candidate, report)
        for field in candidate.fields.values():
            if not field.directives:
                continue
            _check_repeated(field, report)
            if isinstance(candidate, InterfaceType):
                for applied in field.all_applied("shareable"):
                    report.error(
                        ErrorCode.INVALID_SHAREABLE_USAGE,
                        f'Invalid use of @shareable on field "{field.coordinate}": only fields of object'
                        " types can be shareable.",
                        applied.node,
                        field.node,
                    )


def _check_repeated(element: ObjectType | Field, report: SubgraphReport) -> None:
    seen: set[int] = set()
    for applied in element.all_applied("shareable"):
        if id(applied.extension) in seen:
            what = "the same declaration of type" if isinstance(element, ObjectType) else "field"
            report.error(
                ErrorCode.INVALID_SHAREABLE_USAGE,
                f'Invalid duplicate application of @shareable on {what} "{element.coordinate}": it may be'
                " repeated on a type and its extensions only.",
                applied.node,
            )
            return
        seen.add(id(applied.extension))
