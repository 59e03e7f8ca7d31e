"""From a client operation to a query plan. Pure: no event loop, no network."""
