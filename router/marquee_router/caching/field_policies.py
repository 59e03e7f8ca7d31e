"""`FieldPolicies`: the rules of `@cacheControl` for one field.

- A hint on the field takes precedence over one on the type that it returns.
- `inheritMaxAge` takes the time of the parent object.
- Without a hint, a root field or a field of a composite type has the default time, and any other field does
not restrict its parent: `Film.title` may be kept as long as its film.
- A field that only some requesters may see is private.
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
        """The policy of a field of an object type, without its selection.

        `default` is the time, in seconds, for lack of a hint; None leaves it open.
        """
        if field_name == "__typename":
            return UNSAID
        field = self._types[type_name].fields.get(field_name)
        if field is None:  # `__schema` and `__type`: the supergraph model does not list them
            return CachePolicy(default)
        returned = named_type(field.type)
        is_composite = returned in self._types and self._types[returned].kind in _COMPOSITE
        own = self._hints.fields.get((type_name, field_name), NO_HINT)
        returns = self._hints.types.get(returned, NO_HINT) if is_composite else NO_HINT
        inherits, max_age = returns.inherits, returns.max_age
        # `@cacheControl(inheritMaxAge: true)` on the field yields to a time on the type it returns.
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
        """The policy of entities of this type, without their selection."""
        hint = self._hints.types.get(type_name, NO_HINT)
        max_age = hint.max_age
        if max_age is None and not hint.inherits:
            max_age = default
        return CachePolicy(max_age, hint.scope is Scope.PRIVATE or self.is_protected(type_name))

    def is_protected(self, type_name: str) -> bool:
        """True if only some requesters may see objects of this type."""
        return bool(self._types[type_name].authorization)

    def _is_private(self, returned: str) -> bool:
        """True if the returned type, or any possible type of it, is private."""
        names = {returned, *self._possible.get(returned, ())}
        return any(self._hints.types.get(name, NO_HINT).scope is Scope.PRIVATE for name in names)
