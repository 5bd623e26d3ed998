"""Delivers what waits in the lanes: a dispatcher takes lanes that are due, a task of its own works each of them."""
