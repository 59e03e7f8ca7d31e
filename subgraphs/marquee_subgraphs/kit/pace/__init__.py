"""How often somebody may do something: `Pace` is the contract, `MemoryPace` counts in this process,
`RedisPace` in all of a subgraph.
"""

from marquee_subgraphs.kit.pace.memory import MemoryPace
from marquee_subgraphs.kit.pace.pace import Bucket, Pace

__all__ = ["Bucket", "MemoryPace", "Pace"]
