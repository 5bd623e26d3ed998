"""The real back ends without Docker: PostgreSQL from a wheel, Apache Kafka from Maven, an in-memory broker."""
