"""Caches of what a store was asked: `Cache` is the contract, `MemoryCache` keeps it in a process,
`RedisCache` between processes.

The rule. Only reads outside a transaction may be answered from a cache. Whoever writes calls `delete` or
`clear` after the commit; from then on this process never answers what was before, other processes learn it
within milliseconds, and when they cannot be told, what they keep is older than the store by at most the
time to live. Losing a cache loses time and nothing else.
"""

from marquee_subgraphs.kit.cache.cache import Cache, Codec, Compute
from marquee_subgraphs.kit.cache.memory import MemoryCache

__all__ = ["Cache", "Codec", "Compute", "MemoryCache"]
