"""Conclusions from a transcript: pure functions over the model, without I/O and without provider names."""

RULES_VERSION = 4
"""The version of the rules for verdicts, causes, signatures and signals. Increase it whenever their results change: the
archive then judges its calls again, from their stored transcripts.
"""
