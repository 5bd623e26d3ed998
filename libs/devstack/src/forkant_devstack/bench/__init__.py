"""Benchmarks of the bars: each figure is taken beside its ceiling, in the same run, on real servers."""
