"""The SQL of every change, on the caller's connection. Lock order everywhere: endpoints, lanes by id, deliveries."""
