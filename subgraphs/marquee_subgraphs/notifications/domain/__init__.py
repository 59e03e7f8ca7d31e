"""The rules and records of notifications, pure: kinds, contacts, queued messages, translations of codes."""
