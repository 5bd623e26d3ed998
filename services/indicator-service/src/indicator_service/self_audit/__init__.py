"""The service's self-audit: its facts held against what the case service answers, its cells against its facts."""
