"""The films of the chain as documents: facts, translations, posters. Never when they are shown."""
