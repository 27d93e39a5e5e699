"""Conclusions from a transcript: pure functions over the model, without I/O and without provider names."""

RULES_VERSION = 6
"""The version of the rules for verdicts, causes, signatures, signals and the facts of calls. Increase it whenever their
results change: the archive then judges its calls again, from their stored transcripts.
"""
