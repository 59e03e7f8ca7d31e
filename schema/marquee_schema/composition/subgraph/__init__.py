"""One subgraph: from SDL to a checked schema whose federation directives have canonical names, whatever names
the subgraph imports them under."""
