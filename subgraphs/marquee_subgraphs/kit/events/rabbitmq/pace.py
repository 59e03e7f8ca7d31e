"""`Pace`: the time-outs and intervals of a RabbitMQ client; tests have shorter ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds."""

    connect_timeout: float = 10.0
    confirm_timeout: float = 10.0
    """A batch that is not confirmed by then is published again, over another connection."""
    command_timeout: float = 5.0
    """How long listing and replaying wait for a connection."""
    first_reconnect: float = 0.2
    longest_reconnect: float = 5.0
    tend: float = 15.0
    """How often replicas look whether one of them has more than its share."""
    held_at_most: float = 900.0
    """Deliveries held longer are taken anew: RabbitMQ ends consumers that hold one for half an hour."""
