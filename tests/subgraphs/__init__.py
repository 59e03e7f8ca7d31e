"""Tests of the subgraphs, through the ASGI door of each."""
