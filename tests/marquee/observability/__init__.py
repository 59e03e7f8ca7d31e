"""The running cinema as its operator sees it."""
