"""Disasters rehearsed: a database or Kafka is destroyed under load and brought back, on servers of their own."""
