"""The REST API: requests in, answers out; what may be done is decided elsewhere."""
