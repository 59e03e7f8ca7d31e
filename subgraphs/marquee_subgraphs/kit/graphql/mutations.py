"""`@mutation`: a mutation whose refusals become the `errors` of its payload, so that resolvers contain only
the successful case.

Every payload inherits `Payload`. Its own fields have defaults, so that a payload of errors alone can be made.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

import strawberry
from strawberry import federation
from strawberry.extensions import FieldExtension
from strawberry.types.base import StrawberryContainer
from strawberry.types.field import StrawberryField

from marquee_subgraphs.kit.graphql.errors import HasUserErrors, UserError
from marquee_subgraphs.kit.refusals import Refusal

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])


@strawberry.type
class Payload:
    """The answer of a mutation: the object, or the errors."""

    errors: list[UserError] = strawberry.field(default_factory=list)


class RefusalsAsErrors(FieldExtension):
    """Turns a raised `Refusal` into a payload with errors. Faults pass through and are masked later."""

    def apply(self, field: StrawberryField) -> None:
        self._field = field

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: strawberry.Info, **kwargs: Any
    ) -> Any:
        try:
            return await next_(source, info, **kwargs)
        except Refusal as refusal:
            schema = cast("HasUserErrors", info.schema)  # `build_schema` made it
            payload = payload_type(self._field)
            assert payload is not None, "build_schema checks that every mutation answers a Payload"
            return payload(errors=schema.user_errors.show(refusal))


def payload_type(field: StrawberryField) -> type[Payload] | None:
    """Return the payload type of a mutation's field, or None when it has another type."""
    type_: object = field.type
    while isinstance(type_, StrawberryContainer):
        type_ = type_.of_type
    return type_ if isinstance(type_, type) and issubclass(type_, Payload) else None


def mutation(
    *,
    authenticated: bool = False,
    scopes: Sequence[str] = (),
    description: str | None = None,
    deprecation_reason: str | None = None,
    directives: Sequence[object] = (),
) -> Callable[[F], F]:
    """Declare a mutation.

    With `authenticated` or `scopes` (any one suffices) the router refuses other viewers, and the mutation
    returns `XPayload | None`. The service checks again: a request may reach it in other ways than through the
    router's directives.
    """

    def decorate(resolver: F) -> F:
        declared = federation.field(
            resolver=resolver,
            authenticated=authenticated,
            requires_scopes=[[scope] for scope in scopes],
            description=description,
            deprecation_reason=deprecation_reason,
            directives=directives,
            extensions=[RefusalsAsErrors()],
        )
        return cast("F", declared)

    return decorate
