"""`ConnectionPool`: a bounded pool of keep-alive connections to one address.

Owns which call gets a connection, and how long one may be idle.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque

from marquee_router.errors import SubgraphUnavailable
from marquee_router.execution.http.connection import Connection
from marquee_router.execution.http.options import HttpOptions


class ConnectionPool:
    """Connections to `host:port`; calls beyond the bound wait in line."""

    def __init__(self, host: str, port: int, options: HttpOptions) -> None:
        self._host = host
        self._port = port
        self._options = options
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._connecting = 0
        self._alarm: asyncio.TimerHandle | None = None
        self.alarm_at = math.inf
        self._line: deque[asyncio.Future[Connection | None]] = deque()
        self._closed = False

    def idle(self, now: float) -> Connection | None:
        """A connection that can be used at once, the most recently used one; None if there is none."""
        if not self._idle:
            return None
        oldest_allowed = now - self._options.idle_seconds
        # The last one that became idle: the others age, are closed, and the pool shrinks after a peak.
        while self._idle:
            connection = self._idle.pop()
            if connection.closed:
                continue
            if connection.idle_since >= oldest_allowed:
                return connection
            connection.abort()
        return None

    async def connection(self) -> Connection:
        """Return an idle connection, a new one, or the next that becomes free. The caller bounds the wait."""
        while not self._closed:
            found = self.idle(asyncio.get_running_loop().time())
            if found is not None:
                return found
            if len(self._all) + self._connecting < self._options.max_connections:
                return await self.connect()
            found = await self._wait_in_line()
            if found is not None and not found.closed:
                return found
        raise SubgraphUnavailable("the transport is closed", retryable=False)

    async def connect(self) -> Connection:
        """A new connection, counted from now on."""
        self._connecting += 1
        loop = asyncio.get_running_loop()
        connection = Connection(loop, self._options.max_body_bytes, self._free, self._lost)
        try:
            async with asyncio.timeout(self._options.connect_timeout_seconds):
                await loop.create_connection(lambda: connection, self._host, self._port)
        except TimeoutError:
            raise SubgraphUnavailable(f"no connection to {self._host}:{self._port} in time") from None
        except OSError as error:
            raise SubgraphUnavailable(f"cannot connect to {self._host}:{self._port}: {error}") from error
        else:
            if connection.closed:
                raise SubgraphUnavailable(f"{self._host}:{self._port} hung up at once")
            self._all.add(connection)
            return connection
        finally:
            self._connecting -= 1
            if connection not in self._all:
                self._pass_on(None)

    def watch(self, deadline: float, loop: asyncio.AbstractEventLoop) -> None:
        """Time out the connection at `deadline`.

        One timer serves all connections, set for the earliest deadline: a timer per call would cost more than
        the rest of the pool.
        """
        if deadline < self.alarm_at:
            if self._alarm is not None:
                self._alarm.cancel()
            self.alarm_at = deadline
            self._alarm = loop.call_at(deadline, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._alarm, self.alarm_at = None, math.inf
        now = loop.time()
        earliest = math.inf
        for connection in list(self._all):
            if connection.busy:
                if connection.deadline <= now:
                    connection.time_out()
                else:
                    earliest = min(earliest, connection.deadline)
        if earliest < math.inf:
            self.watch(earliest, loop)

    def drop_idle(self) -> None:
        """Close all idle connections: one of them was stale, so the others probably are."""
        for connection in self._idle:
            connection.abort()
        self._idle.clear()

    async def _wait_in_line(self) -> Connection | None:
        future: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._line.append(future)
        try:
            return await future
        except asyncio.CancelledError:
            # It got a connection in the same moment: that must go to the next in line, or it is lost.
            if future.done() and not future.cancelled():
                self._pass_on(future.result())
            raise

    def _free(self, connection: Connection) -> None:
        """A connection can carry another request."""
        if self._closed:
            connection.abort()
        elif self._line:
            self._pass_on(connection)
        else:
            connection.idle_since = connection.loop.time()
            self._idle.append(connection)

    def _pass_on(self, connection: Connection | None) -> None:
        """Give the connection to the first call in line; None: it may open a new one."""
        while self._line:
            waiting = self._line.popleft()
            if not waiting.done():
                waiting.set_result(connection)
                return
        if connection is not None and not connection.closed:
            self._free(connection)

    def _lost(self, connection: Connection) -> None:
        """Forget a connection, and let the first call in line open a new one."""
        if connection in self._idle:
            self._idle.remove(connection)
        self._all.discard(connection)
        self._pass_on(None)

    def close(self) -> None:
        """Close idle connections; the others are closed when their response has arrived."""
        self._closed = True
        self.drop_idle()
        if self._alarm is not None and not any(connection.busy for connection in self._all):
            self._alarm.cancel()
        while self._line:
            waiting = self._line.popleft()
            if not waiting.done():
                waiting.set_result(None)
