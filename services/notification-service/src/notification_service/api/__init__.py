"""The REST API: reads what was asked, lets a command or query do it, writes the answer."""
