"""The running cinema as whoever operates it sees it."""
