"""Brings the tables of a store to what the code expects: creates, adopts, migrates or refuses them.

`History` names an owner's tables and the revisions that led to them, `standing` compares a store with it,
`opening` decides what to do, and `runner` runs revisions by Alembic. Must never touch a table that no history
owns.
"""

from marquee_subgraphs.kit.database.upgrade.history import History
from marquee_subgraphs.kit.database.upgrade.opening import bring_up_to_date, one_at_a_time
from marquee_subgraphs.kit.database.upgrade.standing import (
    Migrate,
    Standing,
    pending_error,
    read_standings,
)

__all__ = [
    "History",
    "Migrate",
    "Standing",
    "bring_up_to_date",
    "one_at_a_time",
    "pending_error",
    "read_standings",
]
