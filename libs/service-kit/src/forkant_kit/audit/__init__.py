"""The audit trail: who did, saw or was refused what, when and why; recorded before the answer, sealed into a chain."""
