"""Expected outcomes that say no, raised by domain and service code and shown to clients as typed
`UserError`s.

    Refusal
    ├── InvalidInput         the input breaks a rule of form
    │   └── InvalidInputs    several at once, each with its own path
    ├── Unauthenticated      nobody is signed in
    ├── NotAllowed           somebody is, but may not do this
    ├── NotFound             there is no such thing, or it is not theirs to know
    ├── Conflict             the state of things forbids it; subclasses set a more precise code
    ├── IdempotencyConflict  the same key came with another input
    └── RateLimited          too many attempts; carries when to come back

A subgraph adds its own below `Refusal` in its `errors.py`. Raising rolls the transaction back, so a refusal
changes nothing. Knows no framework; a fault (a bug, a lost database) is never a Refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from marquee_foundation.errors import MarqueeError


class Refusal(MarqueeError):
    """An expected outcome that says no.

    `code` is stable and in capitals, `message` is for people, and `path` names the input field as the client
    wrote it. Annotated class attributes of a subclass are fields that clients see.
    """

    code: ClassVar[str] = "REFUSED"

    def __init__(self, message: str, path: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = list(path) if path is not None else None

    def parts(self) -> tuple[Refusal, ...]:
        """Return the refusals that this one consists of."""
        return (self,)


class InvalidInput(Refusal):
    """One input field breaks a rule of form."""

    code = "INVALID_INPUT"


class InvalidInputs(InvalidInput):
    """Several input fields break rules of form; the client sees each."""

    def __init__(self, problems: Sequence[InvalidInput]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)

    def parts(self) -> tuple[Refusal, ...]:
        return self.problems


class Unauthenticated(Refusal):
    """Nobody is signed in, or the credentials do not hold."""

    code = "UNAUTHENTICATED"

    def __init__(self, message: str = "Sign in first.", path: Sequence[str] | None = None) -> None:
        super().__init__(message, path)


class NotAllowed(Refusal):
    """The viewer is known and may not do this."""

    code = "NOT_ALLOWED"

    def __init__(self, message: str = "You may not do this.", path: Sequence[str] | None = None) -> None:
        super().__init__(message, path)


class NotFound(Refusal):
    """There is no such thing, or the viewer may not know of it."""

    code = "NOT_FOUND"


class Conflict(Refusal):
    """The present state forbids it. A subclass has a code of its own, such as `ORDER_EXPIRED`."""

    code = "CONFLICT"


class IdempotencyConflict(Refusal):
    """The same idempotency key came before with another input."""

    code = "IDEMPOTENCY_CONFLICT"

    def __init__(
        self,
        message: str = "This idempotency key was used with another input.",
        path: Sequence[str] | None = ("input", "idempotencyKey"),
    ) -> None:
        super().__init__(message, path)


class RateLimited(Refusal):
    """Too many attempts; `retry_after_seconds` says when the next may succeed."""

    code = "RATE_LIMITED"
    retry_after_seconds: int

    def __init__(
        self, retry_after_seconds: int, message: str = "Too many attempts. Try again later."
    ) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
