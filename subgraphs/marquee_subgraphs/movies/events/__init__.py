"""What movies publishes; it consumes nothing. `docs/events.md` is the contract with the other subgraphs."""
