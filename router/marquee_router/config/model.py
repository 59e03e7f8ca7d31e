"""The settings of a router: one immutable tree, every default safe on the open internet.

Owns names, bounds and defaults. Must never read a file or the environment: `config.loading` does.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, SecretStr

Algorithm = Literal["EdDSA", "ES256", "RS256"]
Positive = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """One mapping of router.yaml: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Compression(Section):
    """Content encoding of answers, negotiated with `Accept-Encoding`."""

    enabled: bool = True
    minimum_bytes: Positive = 1280
    """Smaller answers are sent as they are: with their head they fit one packet."""
    level: Annotated[int, Field(ge=1, le=9)] = 1
    """Of gzip."""
    brotli_level: Annotated[int, Field(ge=0, le=11)] = 2
    """Of brotli, which a client that accepts both equally gets. Above 4 it costs several times more."""


class Batching(Section):
    """Several operations in one HTTP request, as a JSON array."""

    enabled: bool = True
    limit: Positive = 10


class Uploads(Section):
    """Files by the GraphQL multipart request specification, passed on to the subgraph that takes them."""

    enabled: bool = False
    max_files: Positive = 5
    max_file_bytes: Positive = 5 * 1024 * 1024
    max_bytes_at_once: Positive = 256 * 1024 * 1024
    """Held by all requests of one process together, while their files are on the way; more are refused."""
    timeout_seconds: Seconds = 60.0
    """A form that is not complete by then is answered with 408."""


class Http(Section):
    """GraphQL over HTTP."""

    path: Annotated[str, Field(pattern=r"^/")] = "/graphql"
    max_body_bytes: Positive = 1024 * 1024
    body_timeout_seconds: Seconds = 10.0
    """A body that is not complete by then is answered with 408."""
    operation_timeout_seconds: Seconds = 30.0
    compression: Compression = Compression()
    batching: Batching = Batching()
    uploads: Uploads = Uploads()


class WebSocket(Section):
    """Both WebSocket subprotocols: `graphql-transport-ws` and the legacy `graphql-ws`."""

    enabled: bool = True
    init_timeout_seconds: Seconds = 5.0
    ping_interval_seconds: Seconds = 25.0
    max_operations: Positive = 100
    """Operations running on one socket; more are answered with an error."""


class Subscriptions(Section):
    """What holds for a subscription on every transport."""

    enabled: bool = True
    queue_events: Positive = 64
    """Events waiting for one client before `slow_client` applies."""
    slow_client: Literal["drop-oldest", "disconnect"] = "disconnect"
    heartbeat_seconds: Seconds = 12.0
    """Of SSE and multipart streams, so that proxies keep them open."""
    share: bool = True
    """Equal subscriptions share one upstream, and each event is encoded once."""
    public_fields: tuple[str, ...] = ()
    """Subscription fields whose events are the same for everybody: asked for as a guest, shared by all."""
    resume_arguments: tuple[str, ...] = ("afterVersion",)
    """Who joins the subscription of a field late that takes one of these gets its first events too: they
    tell of a state from a point on, or from the beginning when the argument is not given."""
    replay_events: Positive = 256
    """Past events kept per upstream for that; beyond them a late client opens an upstream of its own."""
    max_upstreams: Positive = 20_000
    drain_seconds: Seconds = 5.0
    """After a stop is asked for, streams may finish within this time."""


class Broker(Section):
    """Where events come from: Redis pub/sub."""

    redis_url: SecretStr
    queue_events: Positive = 256
    """Events of one subscription that wait until they are resolved; beyond them the oldest are left out."""


class FedField(Section):
    """A subscription field that is fed by a topic in place of its subgraph's stream."""

    broker: str
    topic: Annotated[str, Field(min_length=1)]
    """Of Redis a channel; `{name}` stands for the field's argument of this name, percent-encoded."""
    key: dict[str, str] = Field(default_factory=dict)
    """Where the fields of the entity's key are in an event: `{id: data.orderId}`; empty: the event is it."""


class EventSources(Section):
    """Subscription fields fed by a broker: an event names an entity, which its subgraphs then tell of."""

    brokers: dict[str, Broker] = Field(default_factory=dict)
    fields: dict[str, FedField] = Field(default_factory=dict)
    """By the name of the field of `Subscription`."""


class Defer(Section):
    """`@defer`: slow parts of an answer come later, to clients that accept answers in parts."""

    enabled: bool = True
    """Off: the directive is unknown, and not in the schema."""
    stream_format: Literal["20220824", "v0.2"] = "20220824"
    """Of the parts on SSE and WebSockets, where clients cannot say what they read: Apollo's, or the
    specification draft's. Over multipart the client's `Accept` decides.
    """


class Issuer(Section):
    """One party whose tokens are accepted."""

    issuer: str
    jwks_url: str | None = None
    """Where its public keys are; None: handed to `create_app(jwks=...)` under the issuer's name."""
    audiences: tuple[str, ...] = ()
    """Accepted `aud` values; empty: any token of this issuer, with or without one."""
    algorithms: tuple[Algorithm, ...] = ("EdDSA", "ES256", "RS256")


class EndedSessionsSource(Section):
    """Where the issuer of tokens tells of sessions that ended: their tokens are refused at once."""

    redis_url: SecretStr | None = None
    """None: a token is good until it expires."""
    key: str = "marquee:ended-sessions"
    """A sorted set of session ids, each with the time (seconds since 1970) until which a token of it may be
    good; a message on the channel of this name says that there are more."""
    claim: str = "sid"
    """The claim of a token that has the session's id."""


class Authentication(Section):
    """JWT of clients. Without issuers no token is looked at, and every client is a guest."""

    issuers: tuple[Issuer, ...] = ()
    leeway_seconds: Annotated[float, Field(ge=0, le=300)] = 5.0
    jwks_cache_seconds: Seconds = 300.0
    cached_tokens: Positive = 10_000
    scopes_claims: tuple[str, ...] = ("scope", "scopes")
    roles_claims: tuple[str, ...] = ("roles",)
    on_unauthorized: Literal["null", "refuse"] = "null"
    """A field the client may not see: null with an error, or the whole request is refused."""
    ended_sessions: EndedSessionsSource = Field(default_factory=EndedSessionsSource)


class SubgraphIdentity(Section):
    """The signed, short-lived identity that each subgraph request carries."""

    enabled: bool = True
    header: str = "x-marquee-identity"
    issuer: str = "marquee-router"
    audience: str = "marquee-subgraphs"
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
    """The largest document the router plans. Refused before validation, with a code per limit."""

    max_tokens: Positive = 10_000
    max_depth: Positive = 64
    max_aliases: Positive = 500
    max_root_fields: Positive = 200
    max_directives: Positive = 200
    max_fields: Positive = 10_000
    """With fragments expanded."""
    max_planning: Positive = 20_000
    """Ways through the subgraphs looked at to plan one operation: a page of deep joins takes a hundred, and
    ten thousand take about a tenth of a second."""
    max_cost: Positive | None = 100_000
    """Estimated by `@cost` and `@listSize`; None: no bound."""
    default_list_size: Positive = 10
    """Assumed of a list field without `@listSize`."""
    report_cost: bool = False
    """Put the estimate, and what the answer then cost, into `extensions.cost` of every answer."""


class Rate(Section):
    """At most `limit` operations in any `seconds`, counted by a sliding window."""

    limit: Positive
    seconds: Positive = 60


class RateLimits(Section):
    """How many operations one client may run; nothing is limited until a rate is set.

    Each operation of a batch and of a socket counts. Without Redis each process counts for itself.
    """

    per_user: Rate | None = None
    """Of one signed-in user, wherever from."""
    per_address: Rate | None = None
    """Of one IP address (IPv6: a /64), as the server knows it: proxies must be trusted by the server."""
    operations: dict[str, Rate] = Field(default_factory=dict)
    """By operation name, of one user or else address. Clients choose names: a rule for well-behaved ones."""
    fields: dict[str, Rate] = Field(default_factory=dict)
    """By root field (`login`), of one user or else address; each time it stands in an operation counts."""
    exempt_addresses: tuple[IPvAnyNetwork, ...] = ()
    """Networks whose clients are not limited."""
    redis_url: SecretStr | None = None
    """Redis where all processes count together; while it is away each counts for itself."""
    redis_prefix: str = "marquee-router"


class Csrf(Section):
    """Requests a browser sends without a preflight are refused, except queries by GET."""

    enabled: bool = True
    required_headers: tuple[str, ...] = (
        "graphql-require-preflight",
        "apollo-require-preflight",
        "x-apollo-operation-name",
    )
    """One of these lets an upload form through: none can be sent across origins without a preflight."""


class Cors(Section):
    """Cross-origin access; nothing is allowed until origins are named."""

    origins: tuple[str, ...] = ()
    allow_credentials: bool = False
    headers: tuple[str, ...] = ("authorization", "content-type", "graphql-require-preflight", "traceparent")
    max_age_seconds: Positive = 600


class HeaderRules(Section):
    """Which client headers every subgraph receives."""

    propagate: tuple[str, ...] = ()
    """Names, lower case; hop-by-hop headers are never sent on."""
    insert: dict[str, str] = Field(default_factory=dict)


class ClientHeaders(Section):
    """What subgraphs learn of the client, by headers that the router writes itself; None: not sent.

    Only with mutations: an answer to a query never depends on where it was asked, so equal ones are shared.
    """

    address: str | None = None
    """The name of the header with the client's IP address, as the router sees it."""
    device: str | None = None
    """The name of the header with the client's `User-Agent`: printable ASCII, at most 200 characters."""


class CacheControl(Section):
    """How long clients may keep answers to queries, by `@cacheControl` in the schema: `Cache-Control`."""

    default_max_age_seconds: Annotated[int, Field(ge=0)] = 0
    """Of root fields and fields of object types of which nothing is said."""
    from_subgraphs: bool = False
    """No longer than the `Cache-Control` of its subgraphs' replies allows; if all have one, by it alone."""


class CachedSubgraph(Section):
    """What is kept of one subgraph."""

    enabled: bool = True
    ttl_seconds: Annotated[int, Field(ge=0, le=86_400)] = 0
    """Of what neither `@cacheControl` nor a reply's `Cache-Control` says anything; for each user apart."""


class Cache(Section):
    """Keep replies of subgraphs and entities, as long as the schema and they say."""

    enabled: bool = False
    max_bytes: Positive = 64 * 1024 * 1024
    """In the memory of each process; with Redis it has a bound of its own."""
    redis_url: SecretStr | None = None
    """Redis where all processes keep them together; while it is away nothing is kept."""
    redis_prefix: str = "marquee-router"
    ttl_seconds: Annotated[int, Field(ge=0, le=86_400)] = 0
    """As of a subgraph, for those that are not named below."""
    subgraphs: dict[str, CachedSubgraph] = Field(default_factory=dict)
    invalidation_token: Annotated[SecretStr | None, Field(min_length=16)] = None
    """Who sends it may say at `/cache/invalidations` what changed; None: there is no such path."""

    def of(self, name: str) -> CachedSubgraph:
        """The rule for one subgraph."""
        return self.subgraphs.get(name) or CachedSubgraph(ttl_seconds=self.ttl_seconds)


class PersistedQueries(Section):
    """Automatic persisted queries: a client sends the SHA-256 of a document in place of its text."""

    enabled: bool = True
    capacity: Positive = 1_000


class TrustedDocuments(Section):
    """A file of operations known at build time: JSON of `{"<sha256>": "<document>"}`."""

    file: str | None = None
    required: bool = False
    """Refuse every operation that is not in the file."""


class Metrics(Section):
    """Prometheus."""

    enabled: bool = True
    max_operation_names: Positive = 200
    """Further names are counted as `(other)`, so that clients cannot grow the series."""


class Telemetry(Section):
    """Traces by OpenTelemetry, sent to a collector."""

    otlp_url: Annotated[str | None, Field(pattern=r"^https?://[^/]")] = None
    """The collector (OTLP over HTTP), as `http://collector:4318`; None: traces are only passed on."""
    service_name: Annotated[str, Field(min_length=1)] = "router"
    sample_ratio: Annotated[float, Field(ge=0, le=1)] = 1.0
    """The share of traces that begin here and are recorded."""
    accept_traceparent: bool = False
    """Continue the traces of clients, and record those that they say are recorded: for clients you trust."""


class Logs(Section):
    """One line per event, without documents, variables or tokens."""

    format: Literal["json", "text"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"
    requests: bool = False
    """One line per request."""


class GraphiQl(Section):
    """The offline GraphiQL page for browsers."""

    enabled: bool = True
    title: str = "GraphiQL"
    examples: str | None = None
    """A JSON file with tabs: a list of `{"title", "query", "variables"?, "headers"?}`."""


class Traffic(Section):
    """How one subgraph is called over HTTP."""

    url: str | None = None
    """In place of the URL in the supergraph."""
    timeout_seconds: Seconds = 10.0
    retries: Annotated[int, Field(ge=0, le=5)] = 1
    """Of queries only."""
    failures_to_open: Annotated[int, Field(ge=0)] = 10
    """Consecutive failures after which the subgraph is given a rest; 0: never."""
    open_seconds: Seconds = 5.0
    max_connections: Positive = 200
    max_body_bytes: Positive = 64 * 1024 * 1024
    proxy: str | None = None
    subscription_protocol: Literal["websocket", "sse", "multipart"] = "websocket"
    subscription_url: str | None = None


class HotReload(Section):
    """Take a new supergraph while running. SIGHUP reloads the supergraph and router.yaml in any case."""

    enabled: bool = False
    """A file is watched, an address is asked again and again."""
    poll_seconds: Annotated[float, Field(ge=0.1)] = 10.0
    """How often an address, or running subgraphs, are asked; `ETag` is honoured."""


class Subgraphs(Section):
    """Traffic to subgraphs: one rule for all, and others by name in its place."""

    all: Traffic = Traffic()
    by_name: dict[str, Traffic] = Field(default_factory=dict)

    def of(self, name: str) -> Traffic:
        """The rule for one subgraph."""
        return self.by_name.get(name, self.all)


class RouterConfig(Section):
    """The whole of router.yaml."""

    http: Http = Http()
    websocket: WebSocket = WebSocket()
    subscriptions: Subscriptions = Subscriptions()
    event_sources: EventSources = EventSources()
    defer: Defer = Defer()
    authentication: Authentication = Authentication()
    subgraph_identity: SubgraphIdentity = SubgraphIdentity()
    limits: Limits = Limits()
    rate_limits: RateLimits = RateLimits()
    introspection: bool = True
    csrf: Csrf = Csrf()
    cors: Cors = Cors()
    headers: HeaderRules = HeaderRules()
    client_headers: ClientHeaders = ClientHeaders()
    hot_reload: HotReload = HotReload()
    subgraphs: Subgraphs = Subgraphs()
    cache_control: CacheControl = CacheControl()
    cache: Cache = Cache()
    persisted_queries: PersistedQueries = PersistedQueries()
    trusted_documents: TrustedDocuments = TrustedDocuments()
    metrics: Metrics = Metrics()
    telemetry: Telemetry = Telemetry()
    logs: Logs = Logs()
    graphiql: GraphiQl = GraphiQl()
    mask_subgraph_errors: bool = True
    """Messages of errors that subgraphs report are not shown to clients; their codes are."""
    override_labels: dict[str, bool] = Field(default_factory=dict)
    """Labels of progressive `@override` that are on or off; `percent(N)` labels not named here are drawn."""
    extensions: tuple[str, ...] = ()
    """Your own Python, as `module:attribute`: objects, or what makes one without arguments, with methods of
    `stages`."""
