"""Turns found objects into text within a token budget: pure functions, no I/O."""
