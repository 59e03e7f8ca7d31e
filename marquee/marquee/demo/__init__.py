"""Demo data: real public-domain films, two cinemas, showtimes relative to now, users of every role."""
