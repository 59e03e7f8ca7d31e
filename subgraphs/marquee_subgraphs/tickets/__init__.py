"""The tickets subgraph: the only authority on seats, and the owner of holds, orders and tickets."""
