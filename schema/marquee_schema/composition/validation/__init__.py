"""The rules that one subgraph must meet before it is merged, one family in each file. Each file's docstring
names its error codes."""
