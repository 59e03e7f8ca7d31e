"""Options that several commands share, and the settings with their mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from marquee_router.cli.failure import fail

if TYPE_CHECKING:
    from marquee_subgraphs.kit.settings import Settings

DATA_DIR: Final = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the embedded stores [MARQUEE_DATA_DIR, .marquee].",
)


def settings_or_fail(**given: Any) -> Settings:
    """The settings; options of the command line replace variables. Exits 2 when they are invalid."""
    from marquee_subgraphs.kit.settings import SettingsError, load_settings

    try:
        return load_settings(None, **{name: value for name, value in given.items() if value is not None})
    except SettingsError as error:
        fail(f"These settings cannot be used:\n{error}")
