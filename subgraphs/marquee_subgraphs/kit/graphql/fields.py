"""`@field` and `@subscription`: Strawberry's decorators, typed for `mypy --strict`, with the federation
directives as arguments.

For a field without a resolver use `strawberry.federation.field(external=True)` directly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import strawberry
from strawberry import federation

F = TypeVar("F", bound=Callable[..., Any])


def field(
    *,
    name: str | None = None,
    authenticated: bool = False,
    scopes: Sequence[str] = (),
    shareable: bool = False,
    provides: str | None = None,
    requires: str | None = None,
    description: str | None = None,
    deprecation_reason: str | None = None,
    directives: Sequence[object] = (),
) -> Callable[[F], F]:
    """Declare a field by its resolver.

    With `authenticated` or `scopes` (any one suffices) the router refuses other viewers; such a field is
    nullable, and the service checks again. `provides` and `requires` are field sets.
    """

    def decorate(resolver: F) -> F:
        declared = federation.field(
            resolver=resolver,
            name=name,
            authenticated=authenticated,
            requires_scopes=[[scope] for scope in scopes],
            shareable=shareable,
            provides=[provides] if provides else [],
            requires=[requires] if requires else [],
            description=description,
            deprecation_reason=deprecation_reason,
            directives=directives,
        )
        return cast("F", declared)

    return decorate


def subscription(*, description: str | None = None, directives: Sequence[object] = ()) -> Callable[[F], F]:
    """Declare a subscription by its async generator, which must close its sources when it is closed."""

    def decorate(resolver: F) -> F:
        declared: Any = strawberry.subscription(
            resolver=resolver, description=description, directives=directives
        )
        return cast("F", declared)

    return decorate
