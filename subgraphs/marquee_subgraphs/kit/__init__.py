"""What every subgraph runs on: settings, stores, events, identity and the GraphQL edge. Knows no subgraph."""
