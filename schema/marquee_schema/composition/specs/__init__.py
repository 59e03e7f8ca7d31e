"""The specifications a schema may `@link` to: what each defines, per version, and how its directives
compose."""
