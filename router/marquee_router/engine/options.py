"""The bounds and choices of one engine. Records only."""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_router.planning.planner import PlanningLimits


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Bounds and choices of one engine."""

    documents_cached: int = 1_000
    """Prepared operations kept, by text; the least recently used go first."""
    documents_cached_bytes: int = 128 * 1024 * 1024
    """What they may take together, as `marquee_router.engine.memory_estimate` estimates it."""
    variants_cached: int = 4_000
    """Further plans kept, of all operations, by the rights of the requester and the labels of overrides; they
    may take as much again."""
    timeout_seconds: float = 30.0
    """For each subgraph call, unless the request's deadline is nearer."""
    max_tokens: int = 20_000
    """Longer documents are refused while they are parsed."""
    planning: PlanningLimits = field(default_factory=PlanningLimits)
    """Dearer operations are refused while they are planned."""
    max_validation_errors: int = 50
    """Validation stops after so many."""
    pass_subgraph_messages: bool = True
    """Show clients the messages of errors that subgraphs report; unexpected faults are masked in any case."""
    defer: bool = True
    """Know `@defer`: it is in the schema, and may be answered in parts."""
    default_max_age_seconds: int = 0
    """How long an answer may be kept where `@cacheControl` has no say in it."""
    subgraphs_say_max_age: bool = False
    """Let answers be kept as long as the `Cache-Control` of every subgraph's reply allows."""
    varying_headers: tuple[str, ...] = ()
    """Names of the client's headers, lower case, that subgraphs receive."""
    suggestions: bool = True
    """Let validation errors suggest names of the schema."""
