"""The payments subgraph: what an order's money did, from authorisation to refund. It decides on no seat."""
