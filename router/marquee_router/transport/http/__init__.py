"""GraphQL over HTTP, to the letter of its specification."""
