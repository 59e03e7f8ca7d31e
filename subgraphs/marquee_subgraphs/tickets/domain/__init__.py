"""The rules of selling seats. Pure: time, keys and randomness are arguments; imports no framework."""
