"""Batching for entity resolution: many single loads of one request become few batch loads.

Owns order, duplicates, missing keys, per-key errors and the per-request life of what was loaded. It knows
no cinema, no GraphQL and no database, and never keeps anything after its request.
"""

from marquee_dataloaders.loader import BatchLoad, DataLoader
from marquee_dataloaders.registry import Loaders

__all__ = ["BatchLoad", "DataLoader", "Loaders"]
