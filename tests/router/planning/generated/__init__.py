"""Random federated graphs and operations, each answered by the router and by one server over the same data.

Graphs have two to four subgraphs with entities (simple, compound, nested, list and several keys), shared
values, interfaces, unions that subgraphs know in part, `@interfaceObject`s, `@requires` (with arguments,
chained, through objects of other subgraphs), `@provides` (nested, through interfaces and unions), `@override`
with and without labels, contexts, hidden fields, arguments, enum values and union members, and declarations
that differ. The data have nulls and empty lists everywhere they may be; in a quarter of the graphs fields
fail. Operations have aliases, fragments, variables with and without values and defaults, conditions, and
mutations in series.

`python -m tests.router.planning.generated --count 20000 --seed 1` asks 20,000 operations on 500 graphs: on
2026-11-24 all of them were compared, and none differed. What such runs find is kept, made small, in
`test_found.py`, or beside other tests of its kind.
"""
