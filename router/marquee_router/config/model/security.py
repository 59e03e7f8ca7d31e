"""Settings of authentication, limits, rates, and which documents may run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, IPvAnyNetwork, SecretStr

from marquee_router.config.model.section import Positive, Seconds, Section

Algorithm = Literal["EdDSA", "ES256", "RS256"]


class Issuer(Section):
    """One party whose tokens are accepted."""

    issuer: str
    jwks_url: str | None = None
    """The URL of its public keys; None: `Extras.jwks` has them under the issuer's name."""
    audiences: tuple[str, ...] = ()
    """Accepted `aud` values; empty: any token of this issuer, with or without one."""
    algorithms: tuple[Algorithm, ...] = ("EdDSA", "ES256", "RS256")


class EndedSessionsSource(Section):
    """Where the issuer of tokens publishes sessions that ended: their tokens are refused at once."""

    redis_url: SecretStr | None = None
    """None: a token is valid until it expires."""
    key: str = "marquee:ended-sessions"
    """A sorted set of session ids, each with the time (seconds since 1970) until which its tokens may be
    valid; a message on the channel of this name announces further ones."""
    claim: str = "sid"
    """The claim of a token that has the session's id."""


class Authentication(Section):
    """JWT of clients. Without issuers no token is read, and every client is a guest."""

    issuers: tuple[Issuer, ...] = ()
    leeway_seconds: Annotated[float, Field(ge=0, le=300)] = 5.0
    jwks_cache_seconds: Seconds = 300.0
    cached_tokens: Positive = 10_000
    scopes_claims: tuple[str, ...] = ("scope", "scopes")
    roles_claims: tuple[str, ...] = ("roles",)
    on_unauthorized: Literal["null", "refuse"] = "null"
    """A field that the client may not see is null with an error, or the whole request is refused."""
    ended_sessions: EndedSessionsSource = Field(default_factory=EndedSessionsSource)


class SubgraphIdentity(Section):
    """The signed, short-lived identity that each subgraph request carries."""

    enabled: bool = True
    header: str = "x-marquee-identity"
    issuer: str = "marquee-router"
    audience: str = "marquee-subgraphs"
    """What `aud` begins with. Each subgraph has its own, as `marquee-subgraphs/orders` for `orders`, so that
    none can use at another what it received."""
    lifetime_seconds: Annotated[int, Field(gt=0, le=60)] = 60
    claims: tuple[str, ...] = ("sid", "cinemas")
    """Claims of the client's token that are copied."""
    key_file: str | None = None
    """PEM of the router's Ed25519 private key, the same for all replicas; None: a new key at each start."""
    previous_key_file: str | None = None
    """PEM of another key of the router (private or public), published too: the former one after a rotation,
    or the next one before it.
    """


class Limits(Section):
    """The largest document that is planned. Larger ones are refused before validation, with a code per
    limit."""

    # The defaults pass every operation of common clients, and stop those that cost more to refuse later.
    max_tokens: Positive = 10_000
    max_depth: Positive = 64
    max_aliases: Positive = 500
    max_root_fields: Positive = 200
    max_directives: Positive = 200
    max_fields: Positive = 10_000
    """With fragments expanded."""
    max_planning: Positive = 20_000
    """Candidate paths that are examined to plan one operation: a page of deep joins takes a hundred, and
    ten thousand take about a tenth of a second."""
    max_cost: Positive | None = 100_000
    """Estimated by `@cost` and `@listSize`; None: no bound."""
    default_list_size: Positive = 10
    """Assumed for a list field without `@listSize`."""
    report_cost: bool = False
    """Put the estimated and the actual cost into `extensions.cost` of every response."""


class Rate(Section):
    """At most `limit` operations in any `seconds`, counted by a sliding window."""

    limit: Positive
    seconds: Positive = 60


class RateLimits(Section):
    """How many operations one client may run; nothing is limited until a rate is set.

    Each operation of a batch and of a socket counts. Without Redis each process counts for itself.
    """

    per_user: Rate | None = None
    """Of one signed-in user, from any address."""
    per_address: Rate | None = None
    """Of one IP address (IPv6: a /64), as the server sees it: the server must trust its proxies."""
    operations: dict[str, Rate] = Field(default_factory=dict)
    """By operation name, of one user or else address. Clients choose names: a rule for well-behaved ones."""
    fields: dict[str, Rate] = Field(default_factory=dict)
    """By root field (`login`), of one user or else address; each occurrence in an operation counts."""
    exempt_addresses: tuple[IPvAnyNetwork, ...] = ()
    """Networks whose clients are not limited. An address there that forwards requests (`X-Forwarded-For` and
    the like) and is no trusted proxy is limited: its clients may be anywhere."""
    redis_url: SecretStr | None = None
    """Redis in which all processes count together; while it is down, each counts for itself."""
    redis_prefix: str = "marquee-router"


class PersistedQueries(Section):
    """Automatic persisted queries: a client sends the SHA-256 of a document in place of its text."""

    enabled: bool = True
    capacity: Positive = 1_000


class TrustedDocuments(Section):
    """A file of operations known at build time: JSON of `{"<sha256>": "<document>"}`."""

    file: str | None = None
    required: bool = False
    """Refuse every operation that is not in the file."""
