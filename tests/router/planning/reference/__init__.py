"""Our plans compared with those of the reference planner from npm.

Where ours take more, as found by `python -m tests.router.planning.reference --count 3000` (2026-11-24: 12 of
3,000 operations, at most one reported for each graph; 321 of ours take less):

- A member of a union that not all subgraphs which share the field know: the reference leaves it out, since
  it cannot arrive; ours reads it while it can be read, so that nothing is lost while one subgraph has learnt
  of a type and another has not.
- Selections that are empty whatever the variables say: ours reads the object, to tell `{}` from null; the
  reference does not.
- A field of an `@interfaceObject` with other selections for some types: ours waits for the types, the
  reference reads it for all types and the difference afterwards: more fetches, one step less.
- A mutation written twice, skipped in one of its places: ours runs in the client's order, in steps.
- The reference's own mistakes: a field that is required, and requires others itself, is read before those
  were sent; an argument from a context is filled before what the context takes was read.
"""
