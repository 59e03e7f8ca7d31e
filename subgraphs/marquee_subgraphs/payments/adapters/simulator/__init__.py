"""A simulated bank for the demo and the tests: it speaks Stripe's wire format and moves no money.

It stands for a foreign system: it has a store of its own and imports nothing of payments.

"""

from marquee_subgraphs.payments.adapters.simulator.bank import SimulatedBank

__all__ = ["SimulatedBank"]
