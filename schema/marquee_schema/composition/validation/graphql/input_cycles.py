"""INVALID_GRAPHQL: an input object without any finite value, since non-null fields lead back to it: `input A
{ b: B! }` with `input B { a: A! }`."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import InputField, InputType, Schema
from marquee_schema.composition.report import SchemaReport
from marquee_schema.composition.type_reference import is_non_null, nullable


def check_input_cycles(schema: Schema, report: SchemaReport) -> None:
    """Reports input objects that need themselves."""
    done: set[str] = set()
    for candidate in schema.types.values():
        if isinstance(candidate, InputType):
            _walk(schema, report, candidate, done)


def _walk(schema: Schema, report: SchemaReport, start: InputType, done: set[str]) -> None:
    """Depth first, without recursion: a long chain of types must not exhaust the stack."""
    if start.name in done:
        return
    done.add(start.name)
    path: list[InputField] = []
    # The depth of each type on the current path: a field that leads to one of them closes a cycle there.
    depth = {start.name: 0}
    stack = [(start, _required_inputs(schema, start))]
    while stack:
        current, pending = stack[-1]
        if not pending:
            stack.pop()
            depth.pop(current.name)
            if path:
                path.pop()
            continue
        field, target = pending.pop()
        if target.name in depth:
            cycle = [*path[depth[target.name] :], field]
            route = ".".join(step.name for step in cycle)
            report.error(
                ErrorCode.INVALID_GRAPHQL,
                f'Input type "{target.name}" needs itself through the non-null fields "{route}": make one of'
                " them nullable.",
                *(step.node for step in cycle),
            )
        elif target.name not in done:
            done.add(target.name)
            path.append(field)
            depth[target.name] = len(path)
            stack.append((target, _required_inputs(schema, target)))


def _required_inputs(schema: Schema, owner: InputType) -> list[tuple[InputField, InputType]]:
    found: list[tuple[InputField, InputType]] = []
    for field in owner.fields.values():
        target = schema.types.get(nullable(field.type)) if is_non_null(field.type) else None
        if isinstance(target, InputType):
            found.append((field, target))
    return found[::-1]
