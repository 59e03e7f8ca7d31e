"""What an operator sees: metrics, logs, traces, health. Implements `instrumentation`.

Must never show a document, a variable or a token.
"""
