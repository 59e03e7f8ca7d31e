"""The composition root: command line, the cinema in one process, demo data. All wiring, no rules."""
