"""What analytics publishes and consumes. `docs/events.md` is the contract with the other subgraphs.

`published` and `consumed` hold the records, `handlers` what is done about a consumed event. This file imports
none of them: services import `published`, and `handlers` import services.
"""
