"""The version that every service reports."""

from importlib.metadata import version
from typing import Final

VERSION: Final = version("marquee-subgraphs")
