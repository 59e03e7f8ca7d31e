"""Who may do what: one table, asserted for every role at the router and at each subgraph behind it."""
