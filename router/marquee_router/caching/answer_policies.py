"""`AnswerPolicies`: how long the answers to an operation may be kept; found once per operation.

Conditions are not evaluated and every concrete type counts, so that the headers are constant: an answer is
never kept longer than any of its possible parts allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from marquee_router.caching.field_policies import FieldPolicies
from marquee_router.caching.hints import read_hints
from marquee_router.caching.policy import UNSAID, CachePolicy
from marquee_router.planning.plan import OperationKind, QueryPlan, ResponseSelection
from marquee_schema.supergraph import Supergraph

VARIES_BY: Final = ("accept", "accept-encoding")
"""The request headers that every response over HTTP depends on."""


@dataclass(frozen=True, slots=True)
class AnswerPolicy:
    """How long the answers without errors to one operation may be kept."""

    policy: CachePolicy
    """With the default for fields without `@cacheControl`."""
    said: CachePolicy
    """Without the default: by `@cacheControl` alone."""
    varying: frozenset[str] = frozenset()
    """Names of further request headers that the answer depends on."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The response headers, if the `Cache-Control` of subgraph replies does not count."""
        return self.headers_of(self.policy)

    def headers_of(self, policy: CachePolicy) -> Mapping[str, str]:
        """`cache-control` and `vary` by `policy`; empty if the answer must not be kept."""
        if not policy.max_age:
            return _NONE
        names = {*VARIES_BY, *self.varying, *(("authorization",) if policy.is_private else ())}
        return MappingProxyType({"cache-control": policy.header, "vary": ", ".join(sorted(names))})


_NONE: Mapping[str, str] = MappingProxyType({})
_PRIVATE = CachePolicy(is_private=True)


class AnswerPolicies:
    """Finds the policy of operations on one supergraph.

    `default_max_age` is the time, in seconds, of root fields and composite fields without `@cacheControl`.
    `varying` are the names of the client's headers that subgraphs receive.
    """

    def __init__(
        self, supergraph: Supergraph, *, default_max_age: int = 0, varying: tuple[str, ...] = ()
    ) -> None:
        hints = read_hints(supergraph)
        self._says_anything = bool(hints) or default_max_age > 0
        self._fields = FieldPolicies(supergraph, hints)
        self._default = default_max_age
        self._varying = frozenset(varying) - {"authorization"}

    def of(self, plan: QueryPlan) -> AnswerPolicy | None:
        """The policy of an operation; None if its answers are never kept."""
        if plan.kind is not OperationKind.QUERY or not plan.response.by_type.get(plan.root_type):
            return None
        if not self._says_anything:
            return AnswerPolicy(CachePolicy(0), UNSAID, self._varying)
        said = _Walk(self._fields, None).root(plan)
        if said.max_age == 0:  # `@cacheControl(maxAge: 0)`: no default and no reply may lift it
            return None
        return AnswerPolicy(_Walk(self._fields, self._default).root(plan), said, self._varying)


class _Walk:
    """Visits the response shape of one operation; a shared selection is visited once."""

    def __init__(self, fields: FieldPolicies, default: int | None) -> None:
        self._fields = fields
        self._default = default
        self._known: dict[int, CachePolicy] = {}

    def root(self, plan: QueryPlan) -> CachePolicy:
        return self._selection(plan.response, is_root=True)

    def _selection(self, selection: ResponseSelection, *, is_root: bool = False) -> CachePolicy:
        known = self._known.get(id(selection))
        if known is not None:
            return known
        found = UNSAID
        for type_name, fields in selection.by_type.items():
            if self._fields.is_protected(type_name):
                found = found.restricted(_PRIVATE)
            for field in fields:
                own = self._fields.of(type_name, field.name, default=self._default, is_root=is_root)
                found = found.restricted(own)
                if field.selection is not None and not field.name.startswith("__"):
                    found = found.restricted(self._selection(field.selection))
        self._known[id(selection)] = found
        return found
