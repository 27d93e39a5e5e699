"""The model as text within a token budget: pure functions, no I/O."""
