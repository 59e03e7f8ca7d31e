"""The specifications that a schema may `@link` to: what each version defines, and how its directives are
composed."""
