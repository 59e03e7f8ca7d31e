"""`Binding`: a subscription field bound to a topic: the topic for given arguments, and the value in an event.

Owns the checks at start. Must never let a client's argument name the topic of another field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from graphql import OperationType, is_leaf_type, is_non_null_type, value_from_ast_untyped

from marquee_router.config.model import FedField
from marquee_router.errors import RouterMisconfigured, VariablesInvalid
from marquee_router.event_sources.source import EventSource
from marquee_schema.field_set import FieldSet, FieldSetField
from marquee_schema.supergraph import Supergraph, named_type

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Binding:
    """One field, in one supergraph."""

    defaults: Mapping[str, Any]
    """Of the field's arguments."""
    type_name: str
    is_list: bool
    source: EventSource
    settings: FedField

    def topic(self, arguments: Mapping[str, Any]) -> str:
        """Return the topic for these arguments: `orders.{id}` with `id: "a.b"` is `orders.a%2Eb`.

        All but letters, digits, `-`, `_` and `~` is percent-encoded. Raises `VariablesInvalid` for a value
        that is no string, number or boolean.
        """
        values = {**self.defaults, **arguments}
        return _PLACEHOLDER.sub(lambda found: _segment(found[1], values.get(found[1])), self.settings.topic)

    def value(self, event: Any) -> Any:
        """Return the field's value in an event: the event itself, or what `key` of the settings picks from
        it."""
        if not self.settings.key:
            return event
        return {name: _at(event, path.split(".")) for name, path in self.settings.key.items()}


def bind(supergraph: Supergraph, name: str, settings: FedField, source: EventSource) -> Binding:
    """Bind the subscription field `name`; raises `RouterMisconfigured` if the settings do not fit it."""
    where = f"event_sources.fields.{name}"
    root = supergraph.api_schema.subscription_type
    field = None if root is None else root.fields.get(name)
    if field is None:
        raise RouterMisconfigured(f"{where}: there is no such subscription field")
    for placeholder in _PLACEHOLDER.findall(settings.topic):
        argument = field.args.get(placeholder)
        if argument is None:
            raise RouterMisconfigured(f"{where}: topic: the field has no argument {placeholder!r}")
        # A topic needs every value: with an optional argument some subscriptions would have no topic.
        if not is_non_null_type(argument.type) or not is_leaf_type(argument.type.of_type):
            raise RouterMisconfigured(f"{where}: topic: the argument {placeholder!r} may have no value")
    merged = supergraph.types[supergraph.root_types[OperationType.SUBSCRIPTION]].fields[name]
    defaults = {
        argument.name: value_from_ast_untyped(argument.default)
        for argument in merged.arguments.values()
        if argument.default is not None
    }
    return Binding(defaults, named_type(merged.type), "[" in merged.type, source, settings)


def keys_of(supergraph: Supergraph, subgraph: str, type_name: str) -> tuple[FieldSet, ...]:
    """Return the resolvable keys of a type in a subgraph; empty if it resolves no such entities."""
    declared = supergraph.types[type_name].subgraphs.get(subgraph) if type_name in supergraph.types else None
    return () if declared is None else tuple(key.selection for key in declared.keys if key.resolvable)


def key_part(keys: tuple[FieldSet, ...], value: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the fields of the first key that an event has completely; None if there is none."""
    for key in keys:
        part = _part(key, value)
        if part is not None:
            return part
    return None


def _part(selection: FieldSet, value: Mapping[str, Any]) -> dict[str, Any] | None:
    part: dict[str, Any] = {}
    for each in selection:
        if not isinstance(each, FieldSetField):
            return None  # keys have no fragments
        found = value.get(each.name)
        if each.selections:
            found = _part(each.selections, found) if isinstance(found, dict) else None
        if found is None:
            return None
        part[each.name] = found
    return part


def _segment(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float) or value == "":
        raise VariablesInvalid(f"The argument {name!r} does not name a topic")
    return quote(str(value), safe="").replace(".", "%2E")


def _at(event: Any, path: list[str]) -> Any:
    for name in path:
        event = event.get(name) if isinstance(event, dict) else None
    return event
