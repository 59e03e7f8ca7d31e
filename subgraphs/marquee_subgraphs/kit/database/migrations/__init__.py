"""The history of the kit's tables, which every store has beside its own. See CONTRIBUTING.md."""

from pathlib import Path

from marquee_subgraphs.kit.database.kit_tables import KIT_TABLES
from marquee_subgraphs.kit.database.upgrade.history import History

HISTORY = History("kit", KIT_TABLES, Path(__file__).parent, version_table="alembic_version_kit")
