"""`Timing`: the time-outs and intervals of a RabbitMQ client; tests have shorter ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """All in seconds."""

    connect_timeout: float = 10.0
    confirm_timeout: float = 10.0
    """A batch that is not confirmed within this time is published again, over another connection."""
    command_timeout: float = 5.0
    """How long listing and replaying wait for a connection."""
    first_reconnect: float = 0.2
    longest_reconnect: float = 5.0
    rebalance: float = 15.0
    """How often a replica checks whether it has more than its share of the partitions."""
    held_at_most: float = 900.0
    """A partition that holds a delivery longer is consumed anew: after 30 minutes RabbitMQ closes its
    channel.
    """
