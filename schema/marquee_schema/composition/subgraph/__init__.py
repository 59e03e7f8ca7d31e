"""One subgraph: from SDL to a checked model whose federation directives have canonical names, whatever the
schema calls them."""
