"""Random federated graphs and operations: what composes is answered as by one server over the same data."""
