"""What `@cacheControl` says of one field, with what it returns: the rules of the directive.

A hint on a field goes before that of the type it returns; `inheritMaxAge` takes the time of what the field
stands in; a root field, and a field of an object type, interface or union, of which nothing is said has the
default time; other fields restrict nothing. What only some may see is private.
"""

from __future__ import annotations

from marquee_router.caching.hints import NO_HINT, Hints, Scope
from marquee_router.caching.policy import UNSAID, CachePolicy
from marquee_schema.supergraph import Supergraph, TypeKind, named_type

_COMPOSITE = frozenset({TypeKind.OBJECT, TypeKind.INTERFACE, TypeKind.UNION})


class FieldPolicies:
    """The policies of the fields of one supergraph."""

    def __init__(self, supergraph: Supergraph, hints: Hints) -> None:
        self._types = supergraph.types
        self._possible = supergraph.possible_types
        self._hints = hints

    def of(self, type_name: str, field_name: str, *, default: int | None, is_root: bool) -> CachePolicy:
        """The policy of a field of an object type, without what is selected in it.

        `default` is the time of what is not said, in seconds; None leaves it unsaid.
        """
        if field_name == "__typename":
            return UNSAID
        field = self._types[type_name].fields.get(field_name)
        if field is None:  # __schema and __type
            return CachePolicy(default)
        returned = named_type(field.type)
        is_composite = returned in self._types and self._types[returned].kind in _COMPOSITE
        own = self._hints.fields.get((type_name, field_name), NO_HINT)
        returns = self._hints.types.get(returned, NO_HINT) if is_composite else NO_HINT
        inherits, max_age = returns.inherits, returns.max_age
        if own.inherits and max_age is None:
            inherits = True
        elif own.max_age is not None:
            max_age = own.max_age
        if max_age is None and (is_root or (is_composite and not inherits)):
            max_age = default
        if own.scope is not None:
            is_private = own.scope is Scope.PRIVATE
        else:
            is_private = is_composite and self._is_private(returned)
        return CachePolicy(max_age, is_private or bool(field.authorization) or self.is_protected(type_name))

    def of_entity(self, type_name: str, *, default: int | None) -> CachePolicy:
        """The policy of entities of this type, without what is selected in them."""
        hint = self._hints.types.get(type_name, NO_HINT)
        max_age = hint.max_age
        if max_age is None and not hint.inherits:
            max_age = default
        return CachePolicy(max_age, hint.scope is Scope.PRIVATE or self.is_protected(type_name))

    def is_protected(self, type_name: str) -> bool:
        """Whether only some may see objects of this type."""
        return bool(self._types[type_name].authorization)

    def _is_private(self, returned: str) -> bool:
        """By the type that a field returns; of an interface or a union any type that it may be counts."""
        names = {returned, *self._possible.get(returned, ())}
        return any(self._hints.types.get(name, NO_HINT).scope is Scope.PRIVATE for name in names)
