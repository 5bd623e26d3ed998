"""What callers read, for each within what it may see."""
