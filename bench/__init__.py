"""Measures Marquee as its users meet it: processes of their own, asked over HTTP.

Owns the load and the figures. Nothing else may import it, and it reads no internals of what it measures.
"""
