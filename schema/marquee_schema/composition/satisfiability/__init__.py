"""Satisfiability: can every operation that the API schema allows be answered by some combination of
subgraphs?"""

from marquee_schema.composition.satisfiability.check import check_satisfiability

__all__ = ["check_satisfiability"]
