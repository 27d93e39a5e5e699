"""The one door to calls, and the questions over many of them."""
