"""Ultravox: the adapter, and what it is made of."""

from call_transcripts_mcp.providers.ultravox.adapter import ADAPTER

__all__ = ["ADAPTER"]
