"""Reading what a command decides on and writing what it decided; functions on a connection, no state of their own."""
