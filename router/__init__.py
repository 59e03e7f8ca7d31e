"""The federation router: plans, executes and answers operations on any supergraph. Knows no cinema."""
