"""Pure rules of showtimes: `showtimes` says when a film may be shown, `layout` where the seats are."""
