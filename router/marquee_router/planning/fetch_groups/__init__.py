"""Fourth stage: from the chosen candidate paths to fetch groups, one operation for a subgraph each."""
