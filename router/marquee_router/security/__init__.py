"""Who asks, what they may see, and what no request may cost."""
