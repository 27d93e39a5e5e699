"""An MCP server with which an assistant reads the calls of voice agents and finds failed tool calls."""

__version__ = "0.1.0"
