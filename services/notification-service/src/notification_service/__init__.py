"""Tells people by their inbox and systems by webhook what happened to cases and concerns, once and in order."""
