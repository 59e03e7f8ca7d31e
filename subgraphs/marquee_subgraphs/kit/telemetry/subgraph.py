"""`SubgraphTelemetry`: records for one subgraph. Counts always; makes spans only in a sampled trace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

from prometheus_client import Counter, Histogram

from marquee_foundation.trace_context import is_sampled
from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.errors import PoisonEvent
from marquee_subgraphs.kit.telemetry.metrics import Families
from marquee_subgraphs.kit.telemetry.span import UNRECORDED, Span
from marquee_subgraphs.kit.trace import current_trace

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer


class SubgraphTelemetry:
    """What the database, the events and the endpoint of one subgraph report to."""

    def __init__(
        self,
        subgraph: str,
        families: Families,
        tracer: Tracer | None,
        on_committed: Callable[[Envelope], None],
    ) -> None:
        self.subgraph = subgraph
        self.families = families
        self._tracer = tracer
        self._on_committed = on_committed
        self._committed = families.store.transactions.labels(subgraph, "committed")
        self._rolled_back = families.store.transactions.labels(subgraph, "rolled_back")
        self._write_seconds = families.store.seconds.labels(subgraph, "write")
        self.read_seconds: Callable[[float], None] = families.store.seconds.labels(subgraph, "read").observe
        self._answered: dict[tuple[str, str], tuple[Counter, Histogram]] = {}
        self._lag = families.events.lag_seconds.labels(subgraph)

    @property
    def traces(self) -> bool:
        """True when the work at hand belongs to a trace whose spans are recorded."""
        return self._tracer is not None and is_sampled(current_trace.get())

    def span(
        self,
        name: str,
        kind: str = "internal",
        *,
        parent: str | None = None,
        aside: bool = False,
        **attributes: str | int,
    ) -> AbstractContextManager[Span]:
        """Return a span below `parent` or, without one, below the work at hand.

        It is not recorded when that trace is not sampled. Spans opened inside are its children, unless it is
        `aside`. `__` in the name of an attribute stands for a dot.
        """
        if self._tracer is None:
            return UNRECORDED
        above = parent if parent is not None else current_trace.get()
        if above is None or not is_sampled(above):
            return UNRECORDED
        # Imported here: the tracing library takes 0.1 s to load, which a process without traces need not pay.
        from marquee_subgraphs.kit.telemetry.recording import Recording

        named = {key.replace("__", "."): value for key, value in attributes.items()}
        return Recording(self._tracer, name, kind, above, named, aside=aside)

    def answered(self, kind: str, outcome: str, seconds: float) -> None:
        """Count one GraphQL request."""
        known = self._answered.get((kind, outcome))
        if known is None:
            known = self._answered[kind, outcome] = (
                self.families.requests.answered.labels(self.subgraph, kind, outcome),
                self.families.requests.seconds.labels(self.subgraph, kind),
            )
        known[0].inc()
        known[1].observe(seconds)

    def wrote(self, seconds: float, *, committed: bool) -> None:
        """Count one transaction."""
        (self._committed if committed else self._rolled_back).inc()
        self._write_seconds.observe(seconds)

    def event_committed(self, event: Envelope) -> None:
        """Count one event that has committed, and pass it to the listeners of the process."""
        self.families.events.recorded.labels(self.subgraph, event.type).inc()
        self._on_committed(event)

    @contextmanager
    def publishing(self, events: Sequence[Envelope]) -> Iterator[None]:
        """Open a span for each event below the span that added it; count the events that are confirmed."""
        with ExitStack() as stack:
            if self._tracer is not None:
                for event in events:
                    if event.trace is not None:
                        stack.enter_context(self._event_span(event, "publish", "producer", aside=True))
            yield
        for event in events:
            self.families.events.published.labels(self.subgraph, event.type).inc()

    @contextmanager
    def handling(self, event: Envelope) -> Iterator[None]:
        """Make the event's trace the one at hand, with a span of its own; count the outcome."""
        token = current_trace.set(event.trace)
        outcome = "failed"
        try:
            with self._event_span(event, "handle", "consumer"):
                yield
            outcome = "done"
            self._lag.observe(max(0.0, time.time() - event.occurred_at.timestamp()))
        except Exception as error:
            outcome = "poison" if isinstance(error, PoisonEvent) else "failed"
            raise
        finally:
            current_trace.reset(token)
            self.families.events.handled.labels(self.subgraph, event.type, outcome).inc()

    def died(self, event: Envelope) -> None:
        """Count a delivery that was given up."""
        self.families.events.dead.labels(self.subgraph, event.type).inc()

    def _event_span(
        self, event: Envelope, verb: str, kind: str, *, aside: bool = False
    ) -> AbstractContextManager[Span]:
        return self.span(
            f"{verb} {event.type}",
            kind,
            parent=event.trace,
            aside=aside,
            messaging__system="marquee",
            messaging__destination__name=event.type,
            messaging__message__id=event.id,
        )
