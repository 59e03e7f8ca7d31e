"""Plans held against those of the reference planner from npm.

Where ours still take more, as found by `python -m tests.router.planning.reference` (7 of 1,558 operations,
at most one told per graph; 143 of ours take less):

- An object that a shared field returns both as an `@interfaceObject` and as its interface: ours reads it as
  the interface, and hops for a field that the `@interfaceObject` has when something below needs a type.
- A field of an `@interfaceObject` with other selections for some types: ours waits for the types, the
  reference reads it for all types and the difference afterwards: more fetches, one step less.
- A member of a union that not all subgraphs which share the field know: the reference leaves it out, since
  it cannot arrive; ours reads it while it can be read.
- A mutation field written twice, first under a condition, with another between: ours sends two requests.
- Selections that are empty whatever the variables say: ours reads the object, to answer `{}`; the reference
  does not.
"""
