"""The rules of selling seats. Pure: time and keys are arguments; nothing here awaits or reads a store."""
