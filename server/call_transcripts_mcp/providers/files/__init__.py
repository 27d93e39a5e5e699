"""Reads calls from files, which frameworks without an API write."""

from call_transcripts_mcp.providers.files.adapter import Files

__all__ = ["Files"]
