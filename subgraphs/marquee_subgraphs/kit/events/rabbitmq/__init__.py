"""The broker of production: RabbitMQ, by aio-pika, behind the same `Broker` protocol as the embedded one."""

from marquee_subgraphs.kit.events.rabbitmq.address import Address
from marquee_subgraphs.kit.events.rabbitmq.broker import RabbitMqBroker
from marquee_subgraphs.kit.events.rabbitmq.pace import Pace

__all__ = ["Address", "Pace", "RabbitMqBroker"]
