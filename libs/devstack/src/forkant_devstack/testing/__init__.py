"""Servers for tests: PostgreSQL and Kafka, in containers, as native processes or in memory, behind one interface."""
