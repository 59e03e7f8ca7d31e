"""What an operator sees: metrics, logs, traces, health. Never a document, a variable or a token."""
