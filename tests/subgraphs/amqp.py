"""RabbitMQ for tests: a server that is there, and a prefix that sets one test's names apart."""

from __future__ import annotations

import os
import secrets
import socket

import aio_pika
import pytest

from marquee_subgraphs.kit.events.rabbitmq.topology import Topology


def _server() -> str | None:
    given = os.environ.get("MARQUEE_TEST_AMQP_URL")
    if given is not None:
        return given
    with socket.socket() as probe:
        probe.settimeout(0.3)
        if probe.connect_ex(("127.0.0.1", 5672)) == 0:
            return "amqp://guest:guest@127.0.0.1:5672"
    return None


@pytest.fixture(scope="session")
def amqp_server() -> str:
    """The URL of RabbitMQ, without a prefix; the test is skipped when none answers."""
    server = _server()
    if server is None:
        pytest.skip("no RabbitMQ server: set MARQUEE_TEST_AMQP_URL, or use ./test, which starts one")
    return server


def new_prefix() -> str:
    """A prefix that no other test has."""
    return f"marquee-test-{os.getpid()}-{secrets.token_hex(4)}"


async def remove(server: str, topology: Topology) -> None:
    """Delete everything of a topology."""
    async with await aio_pika.connect(server) as connection:
        channel = await connection.channel()
        for queue in topology.queues:
            for partition in range(topology.partitions):
                await channel.queue_delete(topology.partition_queue(queue, partition))
            await channel.queue_delete(topology.dead_queue(queue))
            await channel.queue_delete(topology.replica_queue(queue))
        await channel.exchange_delete(topology.exchange)
