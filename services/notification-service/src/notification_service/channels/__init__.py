"""Ways out of the platform. A channel takes one message to one address and says how that went; it keeps nothing."""
