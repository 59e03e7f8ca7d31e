"""The broker of production: RabbitMQ, by aio-pika, behind the same `Broker` protocol as the embedded one."""

from subgraphs.kit.events.rabbitmq.address import Address
from subgraphs.kit.events.rabbitmq.broker import RabbitMqBroker
from subgraphs.kit.events.rabbitmq.pace import Pace

__all__ = ["Address", "Pace", "RabbitMqBroker"]
