"""The arithmetic of the indicators, free of I/O: events fold into facts, facts give cells, cells give figures."""
