"""How a `Refusal` is shown to clients: the `UserError` interface, and one type derived from each refusal.

A refusal is defined once, in `errors.py` of its subgraph. Its class-level annotations are the fields of its
GraphQL type, beside `code`, `message` and `path`:

    class TooManySeats(Refusal):
        code = "TOO_MANY_SEATS"
        limit: int

`build_schema(user_errors=[TooManySeats])` declares `type TooManySeats implements UserError` with
`limit: Int!`. A field that contains records of the domain needs a view, which names the type that shows them:

    shown(SeatsUnavailable, seats=FieldView(list[Seat], to_seats))

Must never hold state of a schema: each schema has its own types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, ClassVar, Protocol, get_origin, get_type_hints

import strawberry
from strawberry import federation

from marquee_subgraphs.kit.refusals import (
    Conflict,
    IdempotencyConflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    RateLimited,
    Refusal,
    Unauthenticated,
)


@strawberry.interface
class UserError:
    """An expected outcome that says no. `code` is stable; `path` leads to the input field, when there is
    one.
    """

    code: str
    message: str
    path: list[str] | None


@dataclass(frozen=True, slots=True)
class FieldView:
    """How one field of a refusal is shown: its GraphQL type, and the function from the value to that."""

    type: Any
    show: Callable[[Any], Any]
    provides: Sequence[str] = ()
    """The field sets of `@provides`, if any."""


@dataclass(frozen=True, slots=True)
class ShownRefusal:
    """A refusal with its GraphQL type."""

    refusal: type[Refusal]
    type: type[UserError]
    views: Mapping[str, FieldView] = dataclass_field(default_factory=dict)

    def show(self, refusal: Refusal) -> UserError:
        """Return what a client sees of `refusal`."""
        values: dict[str, Any] = {}
        for name in self.type.__dataclass_fields__:
            value = getattr(refusal, name)
            view = self.views.get(name)
            values[name] = value if view is None else view.show(value)
        return self.type(**values)


def shown(refusal: type[Refusal], *, shareable: bool = False, **views: FieldView) -> ShownRefusal:
    """Return `refusal` with a GraphQL type derived from it, named like it.

    `views` show the fields that contain records.
    """
    fields: dict[str, Any] = {
        name: views[name].type if name in views else hint
        for name, hint in get_type_hints(refusal).items()
        if get_origin(hint) is not ClassVar and hint is not ClassVar
    }
    body: dict[str, Any] = {"__annotations__": fields, "__module__": __name__, "__doc__": refusal.__doc__}
    body |= {
        name: federation.field(provides=list(view.provides)) for name, view in views.items() if view.provides
    }
    made = federation.type(type(refusal.__name__, (UserError,), body), shareable=shareable)
    return ShownRefusal(refusal, made, views)


SHARED_USER_ERRORS: tuple[ShownRefusal, ...] = tuple(
    shown(refusal, shareable=True)
    for refusal in (
        InvalidInput,
        NotFound,
        NotAllowed,
        Unauthenticated,
        IdempotencyConflict,
        RateLimited,
        Conflict,
    )
)
_FALLBACK = SHARED_USER_ERRORS[-1]


class UserErrors:
    """The refusals that one schema may show."""

    __slots__ = ("_by_refusal", "types")

    def __init__(self, refusals: Iterable[ShownRefusal]) -> None:
        self._by_refusal = {each.refusal: each for each in refusals}
        self.types = tuple(each.type for each in self._by_refusal.values())

    def show(self, refusal: Refusal) -> list[UserError]:
        """Return the errors that a client sees, each of the nearest class with a type, else `Conflict`."""
        return [self._nearest(part).show(part) for part in refusal.parts()]

    def _nearest(self, refusal: Refusal) -> ShownRefusal:
        known = (self._by_refusal.get(kind) for kind in type(refusal).__mro__)
        return next((shown for shown in known if shown is not None), _FALLBACK)


class HasUserErrors(Protocol):
    """A schema that knows the refusals it may show."""

    user_errors: UserErrors


def as_shown(error: type[Refusal] | ShownRefusal) -> ShownRefusal:
    """Return `error` with its GraphQL type."""
    return error if isinstance(error, ShownRefusal) else shown(error)
