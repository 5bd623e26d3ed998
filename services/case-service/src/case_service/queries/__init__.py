"""What can be read; each query of cases or concerns takes the caller's scope."""
