"""The users subgraph: accounts, sessions, roles and the tokens that name them. The only one that sees a
password.
"""
