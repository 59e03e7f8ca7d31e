"""Caches of what a store answers: `Cache` is the contract, `MemoryCache` keeps values in one process,
`RedisCache` shares them between processes.

The rule: only reads outside a transaction may be answered from a cache. A writer calls `delete` or `clear`
after its commit. From then on this process never answers the old value; other processes learn of it within
milliseconds; if the message is lost, their value is older than the store by at most the time to live. Losing
a cache costs time and nothing else.
"""

from marquee_subgraphs.kit.cache.cache import Cache, Codec, Compute
from marquee_subgraphs.kit.cache.memory import MemoryCache

__all__ = ["Cache", "Codec", "Compute", "MemoryCache"]
