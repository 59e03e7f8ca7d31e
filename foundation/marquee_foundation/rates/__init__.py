"""How often a subject may do something, counted in this process or in all processes by Redis.

Two rules, because they feel different to a person. A *window* (`windows`, `shared_windows`) allows a number
of hits in any period and then none until the period has moved on: for programs. A *bucket* (`buckets`,
`redis_buckets`) empties steadily, so that a person who mistyped a password ten times waits 90 seconds and
not 15 minutes. Windows are counted by the library `limits`, which has no bucket. Import the modules of
windows only when a rate is set: `limits` takes 0.1 s to load.
"""
