"""Tools of this repository: they set it up, check it and generate its files."""
