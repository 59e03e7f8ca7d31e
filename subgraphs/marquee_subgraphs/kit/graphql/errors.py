"""The `UserError` interface, its shared implementers, and how a `Refusal` becomes one of them.

A subgraph with an error that carries data declares a type and names the refusal it shows:

    @user_error(SeatsUnavailable)
    class SeatsUnavailableError(UserError): ...

Fields are taken from the refusal's attributes of the same name, or from `of(refusal)` when the type defines
it. Nothing here is registered globally: `build_schema(user_errors=[...])` names what a schema may show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any, TypeVar, dataclass_transform

import strawberry
from strawberry import federation

from marquee_subgraphs.kit import refusals
from marquee_subgraphs.kit.refusals import Refusal


@strawberry.interface
class UserError:
    """An expected outcome that says no. `code` is stable; `path` leads to the input field, when there is
    one.
    """

    code: str
    message: str
    path: list[str] | None


E = TypeVar("E", bound=type[UserError])


@dataclass_transform(kw_only_default=True)
def user_error(
    refusal: type[Refusal], *, name: str | None = None, shareable: bool = False
) -> Callable[[E], E]:
    """Make a GraphQL type that shows `refusal`, named like it unless `name` says otherwise."""

    def decorate(cls: E) -> E:
        made = federation.type(cls, name=name or refusal.__name__, shareable=shareable)
        made.__refusal__ = refusal  # type: ignore[attr-defined]  # read back by UserErrors only
        return made

    return decorate


@user_error(refusals.InvalidInput, shareable=True)
class InvalidInput(UserError):
    """An input field breaks a rule of form."""


@user_error(refusals.NotFound, shareable=True)
class NotFound(UserError):
    """There is no such thing, or it is not yours to know."""


@user_error(refusals.NotAllowed, shareable=True)
class NotAllowed(UserError):
    """You may not do this."""


@user_error(refusals.Unauthenticated, shareable=True)
class Unauthenticated(UserError):
    """Nobody is signed in."""


@user_error(refusals.IdempotencyConflict, shareable=True)
class IdempotencyConflict(UserError):
    """The same key came with another input."""


@user_error(refusals.RateLimited, shareable=True)
class RateLimited(UserError):
    """Too many attempts."""

    retry_after_seconds: int


@user_error(refusals.Conflict, shareable=True)
class Conflict(UserError):
    """The state of things forbids it; `code` says which."""


SHARED_USER_ERRORS: tuple[type[UserError], ...] = (
    InvalidInput,
    NotFound,
    NotAllowed,
    Unauthenticated,
    IdempotencyConflict,
    RateLimited,
    Conflict,
)


class UserErrors:
    """The errors one schema may show; turns refusals into them."""

    __slots__ = ("_by_refusal", "types")

    def __init__(self, types: Iterable[type[UserError]]) -> None:
        self.types = tuple(types)
        self._by_refusal: dict[type[Refusal], type[UserError]] = {
            type_.__refusal__: type_  # type: ignore[attr-defined]  # set by `user_error`, which made every one of them
            for type_ in self.types
        }

    def show(self, refusal: Refusal) -> list[UserError]:
        """Return the errors a client sees: of the nearest class that has a type, `Conflict` when none has."""
        return [self._show_one(part) for part in refusal.parts()]

    def _show_one(self, refusal: Refusal) -> UserError:
        for kind in type(refusal).__mro__:
            type_ = self._by_refusal.get(kind)
            if type_ is not None:
                return _build(type_, refusal)
        return _build(Conflict, refusal)


def _build(type_: type[UserError], refusal: Refusal) -> UserError:
    maker = getattr(type_, "of", None)
    if maker is not None:
        made = maker(refusal)
        assert isinstance(made, UserError)
        return made
    values: dict[str, Any] = {field.name: getattr(refusal, field.name) for field in fields(type_)}
    return type_(**values)
