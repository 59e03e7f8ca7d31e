"""Merging valid subgraphs into one supergraph. Each file merges one kind of element, or checks one rule that
needs several subgraphs."""
