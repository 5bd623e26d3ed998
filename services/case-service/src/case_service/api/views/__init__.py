"""What answers hold, a file for each kind of thing that is shown."""
