"""The operation that shows a problem: a shortest one that reads the field that cannot be answered, printed as
a client would send it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from marquee_schema.composition.literal_types import print_literal
from marquee_schema.composition.model import CompositeType, EnumType, Field, InputType, Schema, UnionType
from marquee_schema.composition.type_reference import TypeReference, base_name, is_list, is_non_null, nullable
from marquee_schema.composition.values import EnumLiteral, Value

_SAMPLES: dict[str, Value] = {
    "Int": 0,
    "Float": 3.14,
    "Boolean": True,
    "String": "A string value",
    "ID": "<any id>",
}


@dataclass(frozen=True, slots=True)
class FieldStep:
    """Reading a field of the API."""

    field: Field


@dataclass(frozen=True, slots=True)
class NarrowStep:
    """`... on Type`."""

    type_name: str


WitnessStep: TypeAlias = FieldStep | NarrowStep


def print_witness(api: Schema, operation: str, steps: Sequence[WitnessStep]) -> str:
    """The operation with exactly these steps; required arguments get sample values."""
    lines = [f"{operation} {{" if operation != "query" else "{"]
    for depth, step in enumerate(steps, 1):
        indent = "  " * depth
        text = f"... on {step.type_name}" if isinstance(step, NarrowStep) else _call(api, step.field)
        is_last = depth == len(steps)
        if not is_last or _needs_selection(api, step):
            lines.append(f"{indent}{text} {{")
            if is_last:
                lines.append(f"{indent}  ...")
        else:
            lines.append(f"{indent}{text}")
    opened = len(steps) if _needs_selection(api, steps[-1]) else len(steps) - 1
    lines += ["  " * depth + "}" for depth in range(opened, 0, -1)]
    return "\n".join([*lines, "}"])


def _needs_selection(api: Schema, step: WitnessStep) -> bool:
    if isinstance(step, NarrowStep):
        return True
    return isinstance(api.types.get(base_name(step.field.type)), CompositeType | UnionType)


def _call(api: Schema, field: Field) -> str:
    arguments = [
        f"{argument.name}: {print_literal(api, _sample(api, argument.type, 0), argument.type)}"
        for argument in field.arguments.values()
        if argument.is_required
    ]
    return f"{field.name}({', '.join(arguments)})" if arguments else field.name


def _sample(api: Schema, reference: TypeReference, depth: int) -> Value:
    """A value of an input type; `depth` ends input types that contain themselves."""
    if is_list(reference):
        return []
    target = api.types.get(nullable(reference))
    if isinstance(target, EnumType):
        return EnumLiteral(next(iter(target.values), ""))
    if isinstance(target, InputType):
        if depth > 5 and not is_non_null(reference):
            return None
        return {
            # Input types may need themselves through lists or nullable fields; required fields alone end
            # early.
            field.name: _sample(api, field.type, depth + 1)
            for field in target.fields.values()
            if field.is_required and depth < 20
        }
    return _SAMPLES.get(nullable(reference), "<some value>")
