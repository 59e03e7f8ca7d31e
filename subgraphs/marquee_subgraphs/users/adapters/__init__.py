"""What users reaches outside its store: files with signing keys, and Redis."""
