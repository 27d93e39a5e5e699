"""Masking: what of foreign text is secret or personal."""
