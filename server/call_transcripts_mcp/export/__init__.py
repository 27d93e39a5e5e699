"""Masked transcripts in the formats of other programs: pure functions."""
