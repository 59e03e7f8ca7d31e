"""Tests of the batching for entity resolution."""
