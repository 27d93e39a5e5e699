"""Vapi: the adapter."""

from call_transcripts_mcp.providers.vapi.adapter import ADAPTER

__all__ = ["ADAPTER"]
