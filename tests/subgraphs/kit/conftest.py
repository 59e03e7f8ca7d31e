"""What the kit's tests have: stores of each kind."""

from __future__ import annotations

from tests.subgraphs.stores import postgres_database, postgres_url, store_url

__all__ = ["postgres_database", "postgres_url", "store_url"]
