"""Diga: the adapter, and what it is made of."""

from call_transcripts_mcp.providers.diga.adapter import ADAPTER

__all__ = ["ADAPTER"]
