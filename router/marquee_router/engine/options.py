"""The bounds and choices of one engine. Records only."""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_router.planning.planner import PlanningLimits


@dataclass(frozen=True, slots=True)
class AnswerCaching:
    """How long clients may keep answers: what `Cache-Control` says."""

    default_max_age_seconds: int = 0
    """For root fields and composite fields without `@cacheControl`."""
    from_subgraphs: bool = False
    """True: never longer than the `Cache-Control` of every subgraph response allows."""
    varying_headers: tuple[str, ...] = ()
    """Names, in lower case, of the client's headers that subgraphs receive: an answer may depend on them."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Bounds and choices of one engine."""

    documents_cached: int = 1_000
    """Prepared operations that are kept, by document; the least recently used is dropped first."""
    documents_cached_bytes: int = 128 * 1024 * 1024
    """Their size together, as `engine.memory_estimate` estimates it; variants may take as much again."""
    variants_cached: int = 4_000
    """Plans that are kept for some requesters only, by their rights and by the labels of `@override`."""
    timeout_seconds: float = 30.0
    """For each subgraph call, unless the deadline of the request is nearer."""
    max_tokens: int = 20_000
    """A document with more tokens is refused while it is parsed."""
    planning: PlanningLimits = field(default_factory=PlanningLimits)
    """An operation that exceeds these is refused while it is planned."""
    max_validation_errors: int = 50
    """Validation stops after this many."""
    pass_subgraph_messages: bool = True
    """Show clients the messages of errors that subgraphs report. Faults are always masked."""
    defer: bool = True
    """Support `@defer`: it is in the schema, and such operations may be answered in parts."""
    answer_caching: AnswerCaching = field(default_factory=AnswerCaching)
    suggestions: bool = True
    """Let validation errors suggest names of the schema."""
