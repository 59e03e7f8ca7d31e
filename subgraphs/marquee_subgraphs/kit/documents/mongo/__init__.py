"""Documents in MongoDB, beside the subgraph's own SQL store: `docs/decisions/0010-documents-in-mongodb.md`.

SQL decides and keeps each write until MongoDB has it (`heads`), `journal` carries it over, `repository` reads
both as one. Only `client` knows the driver.
"""
