"""Analytics: what was sold, seen and visited, from the events of the others."""
