"""`Link`: one connection to RabbitMQ that is made again after each loss, with the topology declared each
time.

aio-pika's own robust connection is not used, because it restores consumers by itself. Ours must first finish
or drop what the lost connection had delivered: otherwise RabbitMQ delivers event 5 again and event 6 for the
first time while the old 5 is still being handled, and 6 overtakes it.
Must never log the address's password, nor every attempt of one outage.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Iterator

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from marquee_subgraphs.kit.events.errors import BrokerUnavailable
from marquee_subgraphs.kit.events.rabbitmq.address import Address
from marquee_subgraphs.kit.events.rabbitmq.timing import Timing

FAULTS = (*CONNECTION_EXCEPTIONS, TimeoutError, asyncio.InvalidStateError)
"""What aio-pika raises when a connection or channel is gone or refused."""

_LOGGER = logging.getLogger(__name__)
_CLOSE_SECONDS = 2.0
_CANCEL_AGAIN_SECONDS = 3.0
_STEADY_AFTER_SECONDS = 10.0

Prepare = Callable[[AbstractChannel], Awaitable[None]]


@contextlib.contextmanager
def cancellation_is_fault() -> Iterator[None]:
    """Turn the `CancelledError` that aio-pika raises for a closed channel into a `ConnectionError`.

    A `CancelledError` of a task that is really being cancelled passes through.
    """
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionError("the channel was closed") from None


class Outages:
    """Logs an outage once, when the first link loses its connection, and once more when it is over."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._away: set[str] = set()

    def began(self, link: str, reason: str) -> None:
        """Note that `link` has no connection."""
        if not self._away:
            _LOGGER.warning("RabbitMQ at %s is away (%s); trying until it answers", self._address, reason)
        self._away.add(link)

    def ended(self, link: str) -> None:
        """Note that `link` has a connection."""
        if link in self._away:
            self._away.remove(link)
            if not self._away:
                _LOGGER.warning("RabbitMQ at %s is back", self._address)


class Link:
    """A connection that is made again after each loss."""

    def __init__(
        self, name: str, address: Address, outages: Outages, timing: Timing, prepare: Prepare
    ) -> None:
        self._name = name
        self._address = address
        self._outages = outages
        self._timing = timing
        self._prepare = prepare
        self._connection: AbstractConnection | None = None
        self._lost = asyncio.Event()
        self._up = asyncio.Event()
        self._tried = asyncio.Event()
        self._reason = "not tried yet"
        self._task = asyncio.create_task(self._keep(), name=f"rabbitmq-{name}")

    @property
    def connected(self) -> bool:
        """True while the connection is open and the topology is declared."""
        return self._up.is_set()

    async def tried(self) -> None:
        """Return when the first attempt has succeeded or failed."""
        await self._tried.wait()

    async def channel(self, *, within: float | None = None) -> AbstractChannel:
        """Open a channel in confirm mode as soon as there is a connection.

        Raises `BrokerUnavailable` when there is none `within` so many seconds; None waits forever.
        """
        while True:
            if not self._up.is_set():
                await self._wait_up(within)
            connection = self._connection
            if connection is None:  # it was lost again before this task could continue
                continue
            try:
                with cancellation_is_fault():
                    async with asyncio.timeout(self._timing.connect_timeout):
                        return await connection.channel(publisher_confirms=True, on_return_raises=True)
            except FAULTS as error:
                if self._connection is connection:
                    self.drop()
                if within is not None:
                    raise self._unavailable(fault_text(error)) from error

    async def _wait_up(self, within: float | None) -> None:
        try:
            async with asyncio.timeout(within):
                await self._up.wait()
        except TimeoutError:
            raise self._unavailable(self._reason) from None

    def _unavailable(self, reason: str) -> BrokerUnavailable:
        return BrokerUnavailable(f"RabbitMQ at {self._address} cannot be reached: {reason}")

    def drop(self) -> None:
        """Give up the connection and make another."""
        self._up.clear()
        self._lost.set()

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        pause = self._timing.first_reconnect
        while True:
            lost = self._lost = asyncio.Event()
            began = loop.time()
            connection = await self._connect(lost)
            if connection is not None:
                self._connection = connection
                self._up.set()
                self._outages.ended(self._name)
                self._tried.set()
                try:
                    await lost.wait()
                finally:
                    self._up.clear()
                    self._connection = None
                    await _close(connection)
                self._outages.began(self._name, "the connection was lost")
            self._tried.set()
            if loop.time() - began > _STEADY_AFTER_SECONDS and connection is not None:
                pause = self._timing.first_reconnect
            # Fifty replicas that lost one broker must not return in the same instant.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads replicas out
            pause = min(pause * 2, self._timing.longest_reconnect)

    async def _connect(self, lost: asyncio.Event) -> AbstractConnection | None:
        connection: AbstractConnection | None = None
        try:
            with cancellation_is_fault():
                async with asyncio.timeout(self._timing.connect_timeout):
                    connection = await aio_pika.connect(
                        self._address.url, client_properties={"connection_name": f"marquee-{self._name}"}
                    )
                    connection.close_callbacks.add(lambda *_: lost.set())
                    async with await connection.channel() as channel:
                        await self._prepare(channel)
            return connection
        except Exception as error:  # noqa: BLE001  # the link must outlive every fault
            self._reason = fault_text(error)
            self._outages.began(self._name, self._reason)
            if connection is not None:
                await _close(connection)
            return None

    async def close(self) -> None:
        """Close the connection and make no other."""
        await end(self._task)


async def end(task: asyncio.Task[None]) -> None:
    """Cancel the task until it has ended: aio-pika may mistake one cancellation for the end of a channel."""
    while not task.done():
        task.cancel()
        await asyncio.wait((task,), timeout=_CANCEL_AGAIN_SECONDS)


async def close_channel(channel: AbstractChannel) -> None:
    """Close the channel, if the connection allows it; unacknowledged deliveries return to their queue."""
    with contextlib.suppress(*FAULTS), cancellation_is_fault():
        async with asyncio.timeout(_CLOSE_SECONDS):
            await channel.close()


async def _close(connection: AbstractConnection) -> None:
    with contextlib.suppress(*FAULTS), cancellation_is_fault():
        async with asyncio.timeout(_CLOSE_SECONDS):
            await connection.close()


def fault_text(error: BaseException) -> str:
    """Return the kind of a fault and its message."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
