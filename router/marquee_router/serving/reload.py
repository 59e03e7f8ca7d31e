"""Reloads a running router: its supergraph when that changes, and router.yaml on SIGHUP.

Owns when to reload and what is logged about it. Must never end the router, nor leave it without a supergraph:
an unusable supergraph is refused, and the router goes on with the previous one.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from marquee_router.app import RouterApp
from marquee_router.config.loader import ConfigError, load_config
from marquee_router.config.model import RouterConfig
from marquee_router.errors import RouterMisconfigured
from marquee_router.observability.logs import configure_logs
from marquee_router.serving.supergraph_source import SourceUnreadable, SupergraphSource
from marquee_schema.supergraph import SupergraphError

logger = logging.getLogger("marquee_router.reload")


@dataclass(frozen=True, slots=True)
class Reload:
    """Where a running router finds a new supergraph and new settings. SIGHUP makes it read both."""

    source: SupergraphSource
    watches: bool = False
    """True to also read the supergraph whenever the source may have changed."""
    config_file: Path | None = None
    """`router.yaml`; None keeps the settings that the app was made with."""


class Reloader:
    """Reloads one app; reloads that are asked for at the same time happen one after another."""

    def __init__(self, app: RouterApp, reload: Reload) -> None:
        self._app = app
        self._watches = reload.watches
        self._source = reload.source
        self._config_file = reload.config_file
        self._hung_up = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._unreadable: str | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Reload on SIGHUP, and on changes if the source is watched, until the block ends."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._hung_up.set)
        tasks = [asyncio.create_task(self._on_hangups(), name="reload on SIGHUP")]
        if self._watches:
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
        """Read the supergraph and the settings as they are now."""
        async with self._one_at_a_time:
            try:
                config = self._app.config if self._config_file is None else load_config(self._config_file)
            except ConfigError as error:
                logger.error("the settings are refused, the old ones go on:\n%s", error)
                self._app.metrics.reloaded("refused")
                return
            await self._update(config)

    async def _update(self, config: RouterConfig | None = None) -> None:
        """Apply a new supergraph if there is one; apply settings also when the supergraph is unchanged."""
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
