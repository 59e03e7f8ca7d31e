"""Keeps a running router up to date: with its supergraph as that changes, with router.yaml on SIGHUP.

Owns when to reload and what is said of it. Must never end the router, nor leave it without a supergraph: what
cannot be used is refused, and the old one goes on.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from marquee_router import RouterApp
from marquee_router.config.loader import ConfigError, load_config
from marquee_router.config.model import RouterConfig
from marquee_router.errors import RouterMisconfigured
from marquee_router.observability.logs import configure_logs
from marquee_router.serving.supergraph_source import SourceUnreadable, SupergraphSource
from marquee_schema.supergraph import SupergraphError

logger = logging.getLogger("marquee_router.reload")


class Reloader:
    """Reloads one app; several reasons to do so at once are one reload after another."""

    def __init__(self, app: RouterApp, source: SupergraphSource, config_file: Path | None) -> None:
        self._app = app
        self._source = source
        self._config_file = config_file
        self._hung_up = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._unreadable: str | None = None

    @asynccontextmanager
    async def running(self, *, hot: bool) -> AsyncIterator[None]:
        """Reload on SIGHUP, and when `hot` whenever the source changes, until the block ends."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._hung_up.set)
        tasks = [asyncio.create_task(self._on_hangups(), name="reload on SIGHUP")]
        if hot:
            tasks.append(asyncio.create_task(self._on_changes(), name="reload on changes"))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            loop.remove_signal_handler(signal.SIGHUP)

    async def _on_changes(self) -> None:
        while True:
            try:
                await self._source.wait()
            except (OSError, RuntimeError) as error:  # watching files failed: asking still works
                logger.warning("%s cannot be watched: %s", self._source.origin, error)
                await asyncio.sleep(5)
            async with self._one_at_a_time:
                await self._update()

    async def _on_hangups(self) -> None:
        while True:
            await self._hung_up.wait()
            self._hung_up.clear()
            await self.reload()

    async def reload(self) -> None:
        """Take the supergraph and the settings as they are now."""
        async with self._one_at_a_time:
            try:
                config = load_config(self._config_file)
            except ConfigError as error:
                logger.error("the settings are refused, the old ones go on:\n%s", error)
                self._app.metrics.reloaded("refused")
                return
            await self._update(config)

    async def _update(self, config: RouterConfig | None = None) -> None:
        """Take what is new; with settings, also when the supergraph is as it was."""
        try:
            text = await self._source.read()
        except SourceUnreadable as error:
            self._app.metrics.reloaded("unreadable")
            if str(error) != self._unreadable:
                logger.error("no new supergraph, the old one goes on: %s", error)
            self._unreadable = str(error)
            text = None
        else:
            self._unreadable = None
        if text is None and config is None:
            return
        try:
            waiting = await self._app.reload(text, config)
        except (SupergraphError, RouterMisconfigured) as error:
            logger.error("refused, the old supergraph and settings go on: %s: %s", self._source.origin, error)
            return
        except Exception:  # the edge of this process: whatever is wrong with it, the old one goes on
            logger.exception("refused, the old supergraph and settings go on: %s", self._source.origin)
            return
        logger.info("reloaded: %s", self._source.origin if text is not None else "settings")
        if config is not None:
            configure_logs(self._app.config.logs)
        if waiting:
            logger.warning("these settings changed and wait for the next start: %s", ", ".join(waiting))
