"""Merging valid subgraphs into one supergraph: a file for each kind of element and each rule that needs
several subgraphs."""
