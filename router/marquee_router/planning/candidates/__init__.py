"""Second stage: for each field of the operation, the candidate paths by which a subgraph can read it."""
