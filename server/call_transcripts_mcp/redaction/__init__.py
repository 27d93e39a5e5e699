"""Masking: finds the parts of foreign text that are secret or personal."""
