"""What can be concluded from a transcript: pure functions over the model, no I/O, no provider's names."""

RULES_VERSION = 3
"""Of the rules that make verdicts, causes and signatures. Raise it with every change of what they conclude: the archive
then judges the calls that it keeps anew, from their stored transcripts."""
