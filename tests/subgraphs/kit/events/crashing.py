"""A process to kill: `orders` places orders as fast as it can, `tickets` takes them, through `events.sqlite`
or RabbitMQ.

`python -m tests.subgraphs.kit.events.crashing DIR N OFFSET [AMQP_URL]` says each of N orders on a line once
its commit is answered, and at the end, when nothing is on its way, every order and every effect.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sqlalchemy import Column, MetaData, String, Table, select

from marquee_subgraphs.kit.database import AutoIncrement, Database, Transaction
from marquee_subgraphs.kit.events import EmbeddedBroker, Envelope, ServiceEvents, all_settled
from marquee_subgraphs.kit.events.rabbitmq import Address, RabbitMqBroker
from tests.subgraphs.kit.events.brokers import QUEUES, AnyBroker
from tests.subgraphs.kit.events.sample_events import OrderPlaced, PlacedOrder, SeatsSold, SoldSeats

METADATA = MetaData()
ORDERS = Table("orders", METADATA, Column("id", String(20), primary_key=True))
EFFECTS = Table(
    "effects",
    METADATA,
    Column("id", AutoIncrement, primary_key=True, autoincrement=True),
    Column("order_id", String(20), nullable=False),
)


async def open_broker(folder: Path, amqp_url: str | None) -> AnyBroker:
    if amqp_url is None:
        return await EmbeddedBroker.open(folder / "events.sqlite")
    return await RabbitMqBroker.open(Address.parse(amqp_url), QUEUES, partitions=2)


async def run(folder: Path, rounds: int, offset: int, amqp_url: str | None = None) -> None:
    async with (
        await Database.open(f"sqlite:///{folder}/orders.sqlite", METADATA) as orders_store,
        await Database.open(f"sqlite:///{folder}/tickets.sqlite", METADATA) as tickets_store,
        await open_broker(folder, amqp_url) as broker,
    ):
        orders = ServiceEvents("orders", orders_store, broker)
        tickets = ServiceEvents("tickets", tickets_store, broker)

        async def take(tx: Transaction, event: PlacedOrder, envelope: Envelope) -> None:
            await tx.execute(EFFECTS.insert().values(order_id=f"ord_{event.number}"))
            sold = SeatsSold(number=event.number)
            await tickets.outbox.add(tx, sold, aggregate_id=envelope.aggregate_id, cause=envelope)

        async def confirm(tx: Transaction, event: SoldSeats, _: Envelope) -> None:
            await tx.execute(EFFECTS.insert().values(order_id=f"ord_{event.number}"))

        tickets.consumer.on(PlacedOrder, take)
        orders.consumer.on(SoldSeats, confirm)

        async def place(number: int) -> None:
            order = f"ord_{offset + number}"
            async with orders_store.transaction() as tx:
                await tx.execute(ORDERS.insert().values(id=order))
                await orders.outbox.add(tx, OrderPlaced(number=offset + number), aggregate_id=order)
            print("placed", order, flush=True)

        for service in (orders, tickets):
            await service.start_consuming()
        for service in (orders, tickets):
            service.start_publishing()
        for start in range(0, rounds, 8):
            await asyncio.gather(*(place(number) for number in range(start, start + 8)))
        await all_settled(broker, orders, tickets)
        for service in (orders, tickets):
            await service.close()
        async with orders_store.read() as connection:
            print("orders", *await connection.scalars(select(ORDERS.c.id)))
            print("confirmed", *await connection.scalars(select(EFFECTS.c.order_id)))
        async with tickets_store.read() as connection:
            print("sold", *await connection.scalars(select(EFFECTS.c.order_id)))


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]))
