"""Steering (measure 5 of the strategy): targets, priorities, and the watches that tell when a value crosses a limit."""
