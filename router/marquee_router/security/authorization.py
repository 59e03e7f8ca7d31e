"""`FieldAuthorizer`: `@authenticated`, `@requiresScopes` and `@policy`, per field.

A denied field is pruned before planning, so that it is never fetched. Owns the requirements of an operation
and
its pruning. Works on the normalised operation, whose selections form a graph: each is visited once, however
often it is shared.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from marquee_router.errors import Forbidden, FormattedError, Unauthenticated
from marquee_router.planning.operation import NormalizedField, NormalizedOperation, NormalizedSelection
from marquee_router.request import RequestContext
from marquee_router.stages import Protected, Pruned
from marquee_schema.supergraph import Authorization, Supergraph, named_type

OnUnauthorized = Literal["null", "refuse"]
PolicyDecision: TypeAlias = Callable[[frozenset[str], RequestContext], Awaitable[frozenset[str]]]
"""Given the policies an operation names, returns those that hold for this request."""

CODE = "UNAUTHORIZED_FIELD_OR_TYPE"
MAXIMUM_ERRORS = 100

Requirements: TypeAlias = tuple[Authorization, ...]
"""All of them must be met: those of the field, of its object type, and of the type it returns."""
Grants: TypeAlias = frozenset[Authorization]
"""The requirements of an operation that a requester meets. Equal grants have equal pruning."""


async def no_policy_holds(_: frozenset[str], __: RequestContext) -> frozenset[str]:
    """The decision if none is configured."""
    return frozenset()


class FieldAuthorizer:
    """Implements `Authorizer` for one supergraph."""

    def __init__(
        self,
        supergraph: Supergraph,
        *,
        on_unauthorized: OnUnauthorized = "null",
        decide: PolicyDecision = no_policy_holds,
    ) -> None:
        self._types = supergraph.types
        self._on_unauthorized = on_unauthorized
        self._decide = decide
        self._any = any(
            type_.authorization or any(field.authorization for field in type_.fields.values())
            for type_ in self._types.values()
        )

    def examine(self, operation: NormalizedOperation) -> Protected | None:
        """Return the protected parts of the operation; None if it has none."""
        if not self._any:
            return None
        found: set[Authorization] = set()
        seen: set[int] = set()
        waiting = [operation.selection]
        while waiting:
            selection = waiting.pop()
            if id(selection) in seen:  # a fragment that is spread in several places is one selection
                continue
            seen.add(id(selection))
            for type_name, fields in selection.by_type.items():
                for field in fields:
                    found.update(self.requirements(type_name, field))
                    if field.selection is not None:
                        waiting.append(field.selection)
        if not found:
            return None
        return _ProtectedOperation(operation, frozenset(found), self, self._on_unauthorized, self._decide)

    def requirements(self, type_name: str, field: NormalizedField) -> Requirements:
        """Return what a requester must meet to see this field of an object type."""
        owner = self._types.get(type_name)
        if owner is None or field.name == "__typename":
            return ()
        found = [owner.authorization]
        declared = owner.fields.get(field.name)
        if declared is not None:
            found.append(declared.authorization)
            target = self._types.get(named_type(declared.type))
            if target is not None:
                found.append(target.authorization)
        return tuple(requirement for requirement in found if requirement)


@dataclass(frozen=True, slots=True)
class _ProtectedOperation:
    """Implements `Protected`."""

    operation: NormalizedOperation
    requirements: frozenset[Authorization]
    authorizer: FieldAuthorizer
    on_unauthorized: OnUnauthorized
    decide: PolicyDecision

    async def key(self, context: RequestContext) -> Hashable:
        """Return the requirements that are met; raises if one is not and `on_unauthorized` is `refuse`."""
        granted = await self._granted(context)
        if self.on_unauthorized == "refuse" and granted != self.requirements:
            if context.identity is None:
                raise Unauthenticated("The operation needs an authenticated client")
            raise Forbidden("The operation asks for fields that may not be shown to this client")
        return granted

    async def _granted(self, context: RequestContext) -> Grants:
        named = frozenset(
            policy for requirement in self.requirements for group in requirement.policies for policy in group
        )
        held = await self.decide(named, context) if named else named
        identity = context.identity
        scopes = identity.scopes if identity is not None else frozenset()
        return frozenset(
            requirement
            for requirement in self.requirements
            if (identity is not None or not (requirement.authenticated or requirement.scopes))
            and _one_of(requirement.scopes, scopes)
            and _one_of(requirement.policies, held)
        )

    def prune(self, key: Hashable) -> Pruned:
        """Return the operation without the fields whose requirements are not in `key`."""
        if key == self.requirements:
            return Pruned(self.operation)
        assert isinstance(key, frozenset)
        pruning = _Pruning(self.authorizer, key)
        selection = pruning.selection(self.operation.selection)
        errors = pruning.errors(self.operation.selection)
        root = selection.by_type.get(self.operation.root_type, ())
        if not root:
            return Pruned(None, errors)
        return Pruned(replace(self.operation, selection=selection), errors)


class _Pruning:
    """Prunes one operation for one set of grants."""

    def __init__(self, authorizer: FieldAuthorizer, granted: Grants) -> None:
        self._authorizer = authorizer
        self._granted = granted
        self._pruned: dict[int, NormalizedSelection] = {}
        self._fields: dict[int, NormalizedField] = {}

    def selection(self, selection: NormalizedSelection) -> NormalizedSelection:
        """Return the selection without denied fields; the same object if none is."""
        known = self._pruned.get(id(selection))
        if known is not None:
            return known
        by_type: dict[str, tuple[NormalizedField, ...]] = {}
        changed = False
        for type_name, fields in selection.by_type.items():
            kept = tuple(self._field(field) for field in fields if self._allows(type_name, field))
            changed = changed or kept != fields
            by_type[type_name] = kept
        result = NormalizedSelection(by_type, selection.deferred) if changed else selection
        self._pruned[id(selection)] = result
        return result

    def _field(self, field: NormalizedField) -> NormalizedField:
        if field.selection is None:
            return field
        known = self._fields.get(id(field))
        if known is None:
            selection = self.selection(field.selection)
            known = field if selection is field.selection else replace(field, selection=selection)
            self._fields[id(field)] = known
        return known

    def _allows(self, type_name: str, field: NormalizedField) -> bool:
        return all(
            requirement in self._granted for requirement in self._authorizer.requirements(type_name, field)
        )

    def errors(self, selection: NormalizedSelection) -> tuple[FormattedError, ...]:
        """Return one error per path of response keys to a denied field, up to `MAXIMUM_ERRORS`."""
        paths: dict[tuple[str, ...], None] = {}
        waiting: list[tuple[NormalizedSelection, tuple[str, ...]]] = [(selection, ())]
        # Breadth first: with too many errors, those nearest to the root are the ones reported.
        while waiting and len(paths) < MAXIMUM_ERRORS:
            current, path = waiting.pop(0)
            if self._pruned.get(id(current), current) is current:
                continue
            for type_name, fields in current.by_type.items():
                for field in fields:
                    here = (*path, field.response_key)
                    if not self._allows(type_name, field):
                        paths[here] = None
                    elif field.selection is not None:
                        waiting.append((field.selection, here))
        return tuple(
            {"message": "Unauthorized field or type", "path": list(path), "extensions": {"code": CODE}}
            for path in paths
        )


def _one_of(alternatives: tuple[frozenset[str], ...], held: frozenset[str]) -> bool:
    """True if every member of one alternative is held. `[["a", "b"], ["c"]]` means (a and b) or c."""
    return not alternatives or any(group <= held for group in alternatives)
