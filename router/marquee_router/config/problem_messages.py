"""The messages of configuration problems: they say what to write instead. Owns the wording only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel

_VALUE_SHOWN: Final = ("bool", "enum", "float", "greater", "int", "less", "literal")
"""Beginnings of the kinds of mistakes whose message shows the value: none of these is a secret."""
_NAMES_AT_MOST: Final = 30


def explained(root: type[BaseModel], detail: Mapping[str, Any]) -> str:
    """Return the message for one of pydantic's errors about the settings of `root`."""
    location: Sequence[str | int] = detail["loc"]
    kind = str(detail["type"])
    if kind == "extra_forbidden":
        return _unknown(_section(root, location[:-1]), str(location[-1]))
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        section = _section(root, location)
        names = f" with {_listed(section)}" if section is not None else ""
        return f"must be a mapping{names}"
    if kind in ("tuple_type", "list_type", "set_type"):
        return "must be a list: [a, b]"
    if kind == "missing":
        return "is missing, and must be set"
    message = str(detail["msg"]).replace("Input should be", "must be", 1).split(", unable to", 1)[0]
    value = detail.get("input")
    if kind.startswith(_VALUE_SHOWN) and isinstance(value, str | int | float | bool):
        message += f", not {value!r}"
    return message


def _unknown(section: type[BaseModel] | None, name: str) -> str:
    if section is None:
        return "there is no such setting"
    # `max_body_byte` is a typing error, `colour` is a misunderstanding: the first gets a suggestion.
    close = get_close_matches(name, section.model_fields, n=1)
    if close:
        return f"there is no such setting: did you mean {close[0]}?"
    return f"there is no such setting here; there are {_listed(section)}"


def _listed(section: type[BaseModel]) -> str:
    names = sorted(section.model_fields)
    return ", ".join(names[:_NAMES_AT_MOST])


def _section(root: type[BaseModel], location: Sequence[str | int]) -> type[BaseModel] | None:
    """The section at a location; the index of a list and the name in a mapping of sections are skipped."""
    section: type[BaseModel] | None = root
    rest = list(location)
    while rest and section is not None:
        field = section.model_fields.get(str(rest.pop(0)))
        if field is None:
            return None
        annotation = field.annotation
        section = next(_models(annotation), None)
        if (
            rest
            and section is not None
            and annotation is not section
            and not _is_optional(annotation, section)
        ):
            rest.pop(0)  # the index, or the name
    return section


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _is_optional(annotation: Any, section: type[BaseModel]) -> bool:
    return section in get_args(annotation) and type(None) in get_args(annotation)
