"""The supergraph as text: the join specification it is annotated with, its printing, and the API schema that
clients see."""
