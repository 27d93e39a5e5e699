"""Calls in files, as frameworks without an API leave them."""

from call_transcripts_mcp.providers.files.adapter import Files

__all__ = ["Files"]
