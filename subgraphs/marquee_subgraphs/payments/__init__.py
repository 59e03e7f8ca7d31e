"""The payments subgraph: the money of orders, from authorisation to refund. It decides about no seat."""
