"""Ultravox: the adapter."""

from call_transcripts_mcp.providers.ultravox.adapter import ADAPTER

__all__ = ["ADAPTER"]
