"""A bounded pool of keep-alive connections to one address. Owns who gets a connection, and for how long it
may idle."""

from __future__ import annotations

import asyncio
from collections import deque

from router.errors import SubgraphUnavailable
from router.execution.http.connection import Connection
from router.execution.http.options import HttpOptions


class ConnectionPool:
    """Connections to `host:port`; beyond the bound, calls wait in line."""

    def __init__(self, host: str, port: int, options: HttpOptions) -> None:
        self._host = host
        self._port = port
        self._options = options
        self._idle: list[Connection] = []
        self._open = 0
        self._line: deque[asyncio.Future[Connection | None]] = deque()
        self._closed = False

    def idle(self) -> Connection | None:
        """A connection that can be used at once, the most recently used first; None when there is none."""
        if not self._idle:
            return None
        oldest_allowed = asyncio.get_running_loop().time() - self._options.idle_seconds
        while self._idle:
            connection = self._idle.pop()
            if connection.closed:
                continue
            if connection.idle_since >= oldest_allowed:
                return connection
            connection.abort()
        return None

    async def connection(self) -> Connection:
        """A connection: idle, new, or the next that becomes free. The caller bounds the wait."""
        while not self._closed:
            found = self.idle()
            if found is not None:
                return found
            if self._open < self._options.max_connections:
                return await self.connect()
            found = await self._wait_in_line()
            if found is not None and not found.closed:
                return found
        raise SubgraphUnavailable("the transport is closed", retryable=False)

    async def connect(self) -> Connection:
        """A new connection, counted from now on."""
        self._open += 1
        loop = asyncio.get_running_loop()
        connection = Connection(self._options.max_body_bytes, self._free, self._lost)
        connected = False
        try:
            async with asyncio.timeout(self._options.connect_timeout_seconds):
                await loop.create_connection(lambda: connection, self._host, self._port)
            connected = True
        except TimeoutError:
            raise SubgraphUnavailable(f"no connection to {self._host}:{self._port} in time") from None
        except OSError as error:
            raise SubgraphUnavailable(f"cannot connect to {self._host}:{self._port}: {error}") from error
        finally:
            if not connected and not connection.made:
                self._vacated()
        return connection

    def drop_idle(self) -> None:
        """Close all idle connections: one of them was found stale, so the others probably are."""
        for connection in self._idle:
            connection.abort()
        self._idle.clear()

    async def _wait_in_line(self) -> Connection | None:
        future: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._line.append(future)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._pass_on(future.result())
            raise

    def _free(self, connection: Connection) -> None:
        """A connection can carry another request."""
        if self._closed:
            connection.abort()
        else:
            self._pass_on(connection)

    def _pass_on(self, connection: Connection | None) -> None:
        while self._line:
            waiting = self._line.popleft()
            if not waiting.done():
                waiting.set_result(connection)
                return
        if connection is not None and not connection.closed:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)

    def _lost(self, connection: Connection) -> None:
        if connection in self._idle:
            self._idle.remove(connection)
        self._vacated()

    def _vacated(self) -> None:
        """There is room for a new connection: let the first in line look again."""
        self._open -= 1
        self._pass_on(None)

    def close(self) -> None:
        """Close what is idle; what is in use closes when its answer is in."""
        self._closed = True
        self.drop_idle()
        while self._line:
            waiting = self._line.popleft()
            if not waiting.done():
                waiting.set_result(None)
