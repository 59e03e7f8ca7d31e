"""The supergraph as text: the join specification that annotates it, its printer, and the API schema that
clients see."""
