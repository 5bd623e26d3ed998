"""Imports of figures that the platform does not count: checked whole, kept with their provenance, never overwritten."""
