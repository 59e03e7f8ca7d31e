"""`TokenVerifier`: turns the `Authorization` of a client into an `Identity`.

Owns the way from an `Authorization` value to an `Identity`. Must never read a claim before the signature is
checked, except the issuer's name, which only selects the keys to check with.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, TypeAlias

import jwt

from marquee_foundation.jwks import JwksFetch, JwksUnavailable, KeySet, http_jwks
from marquee_router.config.model import Authentication, Issuer
from marquee_router.errors import RequestError, Unauthenticated
from marquee_router.request import Identity
from marquee_router.security.revocations import Revocations

MAXIMUM_TOKEN_CHARACTERS = 8192
REFETCH_SECONDS = 5.0
"""The shortest time between two fetches of an issuer's keys for unknown key ids."""

Claims: TypeAlias = Mapping[str, Any]


class AuthenticationUnavailable(RequestError):
    """The keys of an issuer cannot be fetched, so that the token can be neither accepted nor refused."""

    code = "AUTHENTICATION_UNAVAILABLE"
    default_status = 503


def unauthenticated(message: str, reason: str) -> Unauthenticated:
    """Return the refusal of a token; clients match on `reason`, people read `message`."""
    return Unauthenticated(
        message,
        headers={"www-authenticate": 'Bearer error="invalid_token"'},
        extensions={"reason": reason},
    )


def revoked() -> Unauthenticated:
    """Return the refusal of a revoked token."""
    return unauthenticated("The token was withdrawn: sign in again.", "REVOKED")


class TokenVerifier:
    """Turns bearer tokens into identities; a verified token is kept until it expires."""

    def __init__(
        self,
        settings: Authentication,
        jwks: Mapping[str, JwksFetch] | None = None,
        revocations: Revocations | None = None,
    ) -> None:
        """`jwks` has, by issuer name, the key sets that are not fetched by URL."""
        self._settings = settings
        self._revocations = revocations
        self._issuers: dict[str, tuple[Issuer, KeySet]] = {}
        for issuer in settings.issuers:
            fetch = (jwks or {}).get(issuer.issuer)
            if fetch is None:
                if issuer.jwks_url is None:
                    raise ValueError(
                        f"issuer {issuer.issuer!r} has no jwks_url, and no key set was handed over"
                    )
                fetch = http_jwks(issuer.jwks_url)
            keys = KeySet(fetch, keep_seconds=settings.jwks_cache_seconds, refetch_seconds=REFETCH_SECONDS)
            self._issuers[issuer.issuer] = (issuer, keys)
        self._verified: dict[str, Identity] = {}

    async def authenticate(self, authorization: str | None) -> Identity | None:
        """Return the identity behind an `Authorization` value; None (a guest) if there is none.

        Raises `Unauthenticated` for a token that is not valid now or was withdrawn, and
        `AuthenticationUnavailable` when its issuer's keys cannot be had.
        """
        if not authorization:
            return None
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated("The Authorization header must be `Bearer <token>`.", "MALFORMED")
        # A signature is checked once per token, its expiry and revocation for each request.
        identity = self._verified.get(token)
        if identity is not None:
            if identity.expires_at + self._settings.leeway_seconds > time.time():
                return self._still_good(identity)
            del self._verified[token]
        return self._still_good(await self.verify(token))

    def _still_good(self, identity: Identity) -> Identity:
        if self._revocations is not None and self._revocations.is_revoked(identity.claims):
            self._verified.pop(identity.token, None)
            raise revoked()
        return identity

    async def verify(self, token: str) -> Identity:
        """Check the token's signature, issuer, audience and times."""
        if len(token) > MAXIMUM_TOKEN_CHARACTERS:
            raise unauthenticated("The token is too long.", "MALFORMED")
        issuer, keys, header = self._select(token)
        # The token must not choose: `none`, or HMAC with the public key as secret, would let anyone in.
        if header.get("alg") not in issuer.algorithms:
            raise unauthenticated("The token's algorithm is not allowed.", "ALGORITHM")
        key_id = header.get("kid")
        try:
            key = await keys.key(key_id if isinstance(key_id, str) else None)
        except JwksUnavailable:
            raise AuthenticationUnavailable("Tokens cannot be verified at the moment.") from None
        if key is None:
            raise unauthenticated("The token is signed by an unknown key.", "KEY")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=list(issuer.algorithms),
                issuer=issuer.issuer,
                audience=list(issuer.audiences) or None,
                leeway=self._settings.leeway_seconds,
                options={"require": ["exp", "iss", "sub"], "verify_aud": bool(issuer.audiences)},
            )
        except jwt.ExpiredSignatureError:
            raise unauthenticated("The token has expired.", "EXPIRED") from None
        except jwt.PyJWTError:
            raise unauthenticated("The token is not valid.", "INVALID") from None
        identity = self._identity(token, claims)
        self._remember(identity)
        return identity

    def _select(self, token: str) -> tuple[Issuer, KeySet, Mapping[str, Any]]:
        try:
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise unauthenticated("The token is not a JWT.", "MALFORMED") from None
        name = claims.get("iss")
        found = self._issuers.get(name) if isinstance(name, str) else None
        if found is None:
            raise unauthenticated("The token's issuer is not known here.", "ISSUER")
        return (*found, header)

    def _identity(self, token: str, claims: Claims) -> Identity:
        return Identity(
            subject=str(claims["sub"]),
            issuer=str(claims["iss"]),
            scopes=_names(claims, self._settings.scopes_claims),
            roles=_names(claims, self._settings.roles_claims),
            token=token,
            expires_at=float(claims["exp"]),
            claims=claims,
        )

    def _remember(self, identity: Identity) -> None:
        if len(self._verified) >= self._settings.cached_tokens:
            now = time.time()
            for token, known in list(self._verified.items()):
                if known.expires_at <= now:
                    del self._verified[token]
            while len(self._verified) >= self._settings.cached_tokens:
                del self._verified[next(iter(self._verified))]
        self._verified[identity.token] = identity


def _names(claims: Claims, keys: tuple[str, ...]) -> frozenset[str]:
    """The union of the names under `keys`: each a list, or one string with spaces."""
    names: set[str] = set()
    for key in keys:
        value = claims.get(key)
        if isinstance(value, str):
            names.update(value.split())
        elif isinstance(value, list):
            names.update(item for item in value if isinstance(item, str))
    return frozenset(names)
