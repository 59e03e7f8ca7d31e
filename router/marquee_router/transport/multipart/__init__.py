"""`multipart/mixed` responses, and `multipart/form-data` requests with files."""
