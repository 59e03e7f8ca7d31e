"""RabbitMQ, by aio-pika, behind the same `Broker` protocol as the embedded broker.

`Link` is one connection that is made again after each loss; `Topology` names the exchange and the queues;
`Publisher` publishes with confirms; `QueueConsumer` and its `Partition`s consume; `DeadLetters` lists and
replays.
"""

from marquee_subgraphs.kit.events.rabbitmq.address import Address
from marquee_subgraphs.kit.events.rabbitmq.broker import RabbitMqBroker
from marquee_subgraphs.kit.events.rabbitmq.timing import Timing

__all__ = ["Address", "RabbitMqBroker", "Timing"]
