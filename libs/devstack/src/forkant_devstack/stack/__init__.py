"""The platform as a plan for the supervisor: its ports, its secrets, its environment, what starts after what."""
