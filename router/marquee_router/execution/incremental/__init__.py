"""Incremental delivery: operations with `@defer`, answered in parts."""
