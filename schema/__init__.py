"""The federation engine, static part: composition, the supergraph model, the query graph. Pure: no event loop, no network."""
