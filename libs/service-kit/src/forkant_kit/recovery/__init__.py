"""After a restore of a database that publishes: what Kafka knows and it does not, and how it goes on from there."""
