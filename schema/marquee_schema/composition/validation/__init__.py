"""The rules one subgraph must keep before it is merged, one family a file; each file's docstring names its
error codes."""
