"""Cinemas, auditoriums and what is shown in them when. Seats have a place here; their state is tickets'."""
