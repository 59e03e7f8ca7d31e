"""What users refuses beyond the shared refusals. The annotated fields are those that clients see.

Refusal
├── EmailTaken           another account has this email
├── InvalidCredentials   the email or the password is wrong; clients do not learn which
├── WeakPassword         the new password is easy to guess
└── SessionRevoked       the refresh token is spent, unknown or of a revoked session
"""

from __future__ import annotations

from marquee_subgraphs.kit.refusals import Refusal


class EmailTaken(Refusal):
    """Another account has this email."""

    code = "EMAIL_TAKEN"

    def __init__(self) -> None:
        super().__init__("There is an account with this email already.", ["input", "email"])


class InvalidCredentials(Refusal):
    """The email or the password is wrong."""

    code = "INVALID_CREDENTIALS"

    def __init__(self, message: str = "The email or the password is wrong.") -> None:
        super().__init__(message)


class WeakPassword(Refusal):
    """The new password is easy to guess."""

    code = "WEAK_PASSWORD"


class SessionRevoked(Refusal):
    """The session is over; sign in again."""

    code = "SESSION_REVOKED"

    def __init__(self) -> None:
        super().__init__("This session is over. Sign in again.", ["input", "refreshToken"])
