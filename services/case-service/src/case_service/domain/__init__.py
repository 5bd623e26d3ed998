"""The rules of a preventive case as pure functions; nothing here reads a clock, a database or a request."""
