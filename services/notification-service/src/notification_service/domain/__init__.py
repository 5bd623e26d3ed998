"""Pure decisions: who should know, what a webhook says and how it is signed, when to try again, where it may go."""
