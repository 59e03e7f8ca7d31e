"""How a router is served: its own HTTP protocol, workers, draining, reloading. Rests on every other part."""
