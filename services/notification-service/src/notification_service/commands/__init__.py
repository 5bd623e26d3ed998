"""What can be done. The caller opens the transaction and commits it, so that its answer can be stored in it."""
