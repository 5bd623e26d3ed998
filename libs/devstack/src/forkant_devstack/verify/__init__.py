"""``forkant verify``: recounts a running platform from its own tables and topics, and names every difference."""
