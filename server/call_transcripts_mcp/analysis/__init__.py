"""What can be concluded from a transcript: pure functions over the model, no I/O, no provider's names."""
