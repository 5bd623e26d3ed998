"""What can be done: each command loads, lets the domain decide, and writes everything of it on one connection.

The caller opens the transaction and commits it, because the answer that a repeated request gets must be kept in the
same transaction. A refusal leaves the transaction to be rolled back.
"""
