"""Starts programs in the order their dependencies ask for, watches them, and stops them in reverse."""
