"""Diga: the adapter."""

from call_transcripts_mcp.providers.diga.adapter import ADAPTER

__all__ = ["ADAPTER"]
