"""Opens the broker that the settings name."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from marquee_foundation.private_files import make_private_folder
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.events.broker import Broker
from marquee_subgraphs.kit.events.embedded import EmbeddedBroker
from marquee_subgraphs.kit.settings import Settings


async def open_broker(settings: Settings, clock: Clock, queues: Mapping[str, Collection[str]]) -> Broker:
    """Return RabbitMQ when its address is set, else the embedded broker in the data folder.

    `queues` are the event types of every consumer, whether it runs in this process or not. RabbitMQ may be
    away: the broker connects as soon as it can. The caller closes it.
    """
    if settings.amqp_url is not None:
        # Imported here: the embedded cinema starts sooner without aio-pika.
        from marquee_subgraphs.kit.events.rabbitmq import Address, RabbitMqBroker

        address = Address.parse(settings.amqp_url.get_secret_value())
        return await RabbitMqBroker.open(address, queues, clock=clock)
    make_private_folder(settings.data_dir)
    return await EmbeddedBroker.open(settings.data_dir / "events.sqlite", clock=clock)
