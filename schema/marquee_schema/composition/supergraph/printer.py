"""A schema as SDL: definitions sorted by name, members in their order, descriptions as block strings. Equal
schemas have equal texts."""

from collections.abc import Iterable, Sequence

from marquee_schema.composition.literal_types import print_literal
from marquee_schema.composition.model import (
    DEFAULT_ROOT_NAMES,
    AppliedDirective,
    Argument,
    CompositeType,
    DirectiveDefinition,
    Element,
    EnumType,
    InputField,
    InputType,
    NamedType,
    Schema,
    UnionType,
)
from marquee_schema.composition.values import MISSING, print_value

_INDENT = "  "
_LONG_DESCRIPTION = 70


def print_schema(schema: Schema) -> str:
    """The whole schema, with a newline at the end."""
    parts = [_print_schema_definition(schema)]
    parts += [
        _print_directive_definition(schema, schema.directives[name]) for name in sorted(schema.directives)
    ]
    parts += [_print_type(schema, schema.types[name]) for name in _sorted(schema.types)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _sorted(names: Iterable[str]) -> list[str]:
    """The names in alphabetical order, first without regard to case."""
    return sorted(names, key=lambda name: (name.lower(), name))


def _print_schema_definition(schema: Schema) -> str:
    definition = schema.definition
    has_usual_roots = all(DEFAULT_ROOT_NAMES[operation] == name for operation, name in schema.roots.items())
    if has_usual_roots and not definition.directives and definition.description is None:
        return ""
    roots = [
        f"{_INDENT}{operation}: {schema.roots[operation]}"
        for operation in DEFAULT_ROOT_NAMES
        if operation in schema.roots
    ]
    head = f"{_description(definition)}schema{_lines_of(definition.directives)}"
    separator = "\n" if definition.directives else " "
    return f"{head}{separator}{{\n" + "\n".join(roots) + "\n}"


def _print_directive_definition(schema: Schema, definition: DirectiveDefinition) -> str:
    arguments = _print_arguments(schema, list(definition.arguments.values()), "")
    repeatable = " repeatable" if definition.repeatable else ""
    locations = " | ".join(definition.locations)
    return f"{_description(definition)}directive @{definition.name}{arguments}{repeatable} on {locations}"


def _print_type(schema: Schema, target: NamedType) -> str:
    head = f"{_description(target)}{target.kind} {target.name}"
    match target:
        case CompositeType():
            if target.interfaces:
                head += f" implements {' & '.join(target.interfaces)}"
            fields = [
                f"{field.name}{_print_arguments(schema, list(field.arguments.values()), _INDENT)}:"
                f" {field.type}"
                for field in target.fields.values()
            ]
            return head + _print_body(target, list(target.fields.values()), fields)
        case InputType():
            inputs = [_print_input(schema, field) for field in target.fields.values()]
            return head + _print_body(target, list(target.fields.values()), inputs)
        case EnumType():
            return head + _print_body(target, list(target.values.values()), list(target.values))
        case UnionType():
            separator = "\n" + _INDENT if target.directives else " "
            members = f"{separator}= {' | '.join(target.members)}" if target.members else ""
            return head + _lines_of(target.directives) + members
    return head + _lines_of(target.directives)


def _print_body(owner: Element, children: Sequence[Element], texts: Sequence[str]) -> str:
    """The directives of the type, then its members in braces, with an empty line before each that has a
    description."""
    lines: list[str] = []
    for child, text in zip(children, texts, strict=True):
        if child.description is not None:
            lines += ([""] if lines else []) + [_description(child, _INDENT).rstrip("\n")]
        lines.append(f"{_INDENT}{text}{_inline(child.directives)}")
    if not lines:
        return _lines_of(owner.directives)
    separator = "\n" if owner.directives else " "
    return f"{_lines_of(owner.directives)}{separator}{{\n" + "\n".join(lines) + "\n}"


def _print_arguments(schema: Schema, arguments: Sequence[Argument], indent: str) -> str:
    if not arguments:
        return ""
    texts = [_print_input(schema, argument) + _inline(argument.directives) for argument in arguments]
    if not any(argument.description is not None for argument in arguments):
        return "(" + ", ".join(texts) + ")"
    inner = indent + _INDENT
    lines: list[str] = []
    for argument, text in zip(arguments, texts, strict=True):
        if argument.description is not None:
            lines += ([""] if lines else []) + [_description(argument, inner).rstrip("\n")]
        lines.append(inner + text)
    return "(\n" + "\n".join(lines) + f"\n{indent})"


def _print_input(schema: Schema, element: Argument | InputField) -> str:
    default = (
        "" if element.default is MISSING else f" = {print_literal(schema, element.default, element.type)}"
    )
    return f"{element.name}: {element.type}{default}"


def print_applied(applied: AppliedDirective) -> str:
    """One application of a directive."""
    if not applied.arguments:
        return f"@{applied.name}"
    arguments = ", ".join(f"{name}: {print_value(value)}" for name, value in applied.arguments.items())
    return f"@{applied.name}({arguments})"


def _inline(directives: Iterable[AppliedDirective]) -> str:
    return "".join(f" {print_applied(applied)}" for applied in directives)


def _lines_of(directives: Iterable[AppliedDirective]) -> str:
    return "".join(f"\n{_INDENT}{print_applied(applied)}" for applied in directives)


def _description(element: Element, indent: str = "") -> str:
    """The description as a block string on lines of its own, with a newline at the end."""
    text = element.description
    if text is None:
        return ""
    escaped = text.replace('"""', '\\"""')
    # A block string cannot end in a quote or a backslash on the line of its closing quotes.
    is_block = "\n" in text or len(text) > _LONG_DESCRIPTION or text.endswith(('"', "\\"))
    if not is_block:
        return f'{indent}"""{escaped}"""\n'
    body = escaped if text[:1] in (" ", "\t") and "\n" not in text else f"\n{escaped}"
    lines = f'"""{body}\n"""'.split("\n")
    return "\n".join(indent + line if line else line for line in lines) + "\n"
