"""The version that every service tells of itself; `pyproject.toml` says the same."""

from typing import Final

VERSION: Final = "0.1.0"
