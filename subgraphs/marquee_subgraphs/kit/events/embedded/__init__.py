"""The broker of the embedded cinema: queues in one SQLite file, workers in this process."""

from marquee_subgraphs.kit.events.embedded.broker import EmbeddedBroker

__all__ = ["EmbeddedBroker"]
