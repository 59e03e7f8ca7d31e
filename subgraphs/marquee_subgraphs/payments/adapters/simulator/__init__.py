"""A bank for the demo and the tests: answers in Stripe's wire format, keeps its own store, moves no money.

It stands for somebody else's system: it imports nothing of payments and shares no table with it.
"""

from marquee_subgraphs.payments.adapters.simulator.bank import SimulatedBank

__all__ = ["SimulatedBank"]
