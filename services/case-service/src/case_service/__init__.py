"""Preventive cases («forebyggende saker»): their lifecycle, the concerns they come from, and the events they give."""
