"""The fault laboratory: real processes, injected faults, and an independent check of what must hold."""
