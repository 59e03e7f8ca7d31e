"""Plans held against those of the reference planner from npm.

Where ours still take more, as found by `python -m tests.router.planning.reference --count 1558` (5 of 1,604
operations, at most one told per graph; 157 of ours take less):

- A member of a union that not all subgraphs which share the field know: the reference leaves it out, since
  it cannot arrive; ours reads it while it can be read, so that nothing is lost while one subgraph has learnt
  of a type and another has not.
- Selections that are empty whatever the variables say: ours reads the object, to tell `{}` from null; the
  reference does not.
- A field of an `@interfaceObject` with other selections for some types: ours waits for the types, the
  reference reads it for all types and the difference afterwards: more fetches, one step less.
"""
