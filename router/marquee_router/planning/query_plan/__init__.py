"""Last stage: from fetch groups to the query plan, with subgraph operations as text."""
