"""The notifications subgraph: messages in the application, by mail and by SMS, in each person's language."""
