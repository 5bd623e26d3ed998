"""The platform in containers (docker-compose.yml): what its jobs do, its log-in's realm, and `forkant compose`."""
