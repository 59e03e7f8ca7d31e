"""Executes query plans: compiled once, run per request. Never parses, validates or plans."""
