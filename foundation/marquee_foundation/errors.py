"""The root of every error class of Marquee. Each package draws its own tree below it, in its `errors.py`.

MarqueeError
├── RouterError           marquee_router.errors: requests that are refused, subgraphs that fail
├── PlanningError         marquee_router.planning.errors: operations that cannot be planned
├── CompositionError      marquee_schema.composition.errors: subgraphs that do not compose
├── SupergraphError       marquee_schema.supergraph.errors: a text that is no supergraph
├── Refusal               marquee_subgraphs.kit.refusals: expected outcomes that clients see as types
├── DatabaseError         marquee_subgraphs.kit.database.errors: faults of the SQL store
├── DocumentError         marquee_subgraphs.kit.documents.errors: faults of the document store
├── EventError            marquee_subgraphs.kit.events.errors: faults of the broker and of events
├── RedisUnavailable      REDIS_UNAVAILABLE: Redis did not answer
└── JwksUnavailable       JWKS_UNAVAILABLE: a key set could not be fetched
"""

from __future__ import annotations

from typing import ClassVar


class MarqueeError(Exception):
    """An error of Marquee; `code` is stable, in capitals, and may be matched by clients and by logs."""

    code: ClassVar[str] = "MARQUEE_ERROR"
