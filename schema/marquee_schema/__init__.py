"""The static part of the engine: composition, the supergraph model, the query graph. Pure."""
