"""A command group that imports a command's module only when that command runs.

Must never import anything heavy itself: `--help` and a mistyped command must be quick.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyCommands(click.Group):
    """A group that lists its commands without importing them.

    `summaries` maps each name, in the order of `--help`, to its line there; `modules` maps it to the module
    whose `command` it is.
    """

    def __init__(
        self, *args: Any, summaries: Mapping[str, str], modules: Mapping[str, str], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._summaries = summaries
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which they are listed."""
        return list(self._summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None for an unknown name."""
        if cmd_name not in self._modules:
            return None
        command = importlib.import_module(self._modules[cmd_name]).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one exits 2 and suggests the nearest name."""
        if args and args[0] not in self._modules and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}.{self._suggestion(args[0])}")
        return super().resolve_command(ctx, args)

    def _suggestion(self, mistyped: str) -> str:
        from difflib import get_close_matches

        nearest = get_close_matches(mistyped, self._modules, n=1)
        return f" Did you mean {nearest[0]!r}?" if nearest else ""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))
