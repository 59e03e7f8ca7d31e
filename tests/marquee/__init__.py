"""The whole cinema as one process, tested through its public door."""
