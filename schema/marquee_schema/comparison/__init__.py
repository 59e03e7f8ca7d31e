"""The differences between two supergraphs, and whom each of them breaks.

    from marquee_schema.comparison import ChangeLevel, compare

    breaking = [change for change in compare(old_sdl, new_sdl) if change.level is ChangeLevel.BREAKING]

Pure: takes SDL, returns changes; reads no file.
"""

from marquee_schema.comparison.change import Change, ChangeLevel
from marquee_schema.comparison.compare import compare

__all__ = ["Change", "ChangeLevel", "compare"]
