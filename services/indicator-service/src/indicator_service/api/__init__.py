"""The HTTP API: figures, definitions, freshness and the stream."""
