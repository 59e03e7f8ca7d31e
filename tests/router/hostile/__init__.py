"""Hostile traffic against a running router: it answers each with a refusal, and everybody else as before."""
