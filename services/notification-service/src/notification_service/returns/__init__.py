"""Letters that come back: what mail servers send to the return path is read for codes, and the rest is dropped."""
